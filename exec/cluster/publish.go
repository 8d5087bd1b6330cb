package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// message is one that the server takes once, however often it is sent.
func message(subject, id string, data []byte) *nats.Msg {
	m := nats.NewMsg(subject)
	m.Header.Set(nats.MsgIdHdr, id)
	m.Data = data
	return m
}

// window is how many messages may be on their way to the server.
const window = 256

// publish sends n messages and returns when the server has stored all; it tries again where the server is away.
func publish(ctx context.Context, js jetstream.JetStream, n int, what func(i int) (*nats.Msg, error)) error {
	for from := 0; from < n; from += window {
		var todo []*nats.Msg
		for i := from; i < min(n, from+window); i++ {
			m, err := what(i)
			if err != nil {
				return err
			}
			todo = append(todo, m)
		}
		for len(todo) > 0 {
			again, err := attempt(ctx, js, todo)
			if err != nil {
				return err
			}
			if todo = again; len(todo) > 0 {
				select {
				case <-time.After(retryWait):
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		}
	}
	return nil
}

// ackLimit is how long the server may take to store a message before that is sent again.
const ackLimit = 5 * time.Second

// attempt sends messages and returns those of which it is not known that they are stored.
func attempt(ctx context.Context, js jetstream.JetStream, all []*nats.Msg) (again []*nats.Msg, err error) {
	futures := make([]jetstream.PubAckFuture, len(all))
	for i, m := range all {
		m.Reply = "" // of the attempt before
		futures[i], _ = js.PublishMsgAsync(m)
	}
	limit := time.NewTimer(ackLimit)
	defer limit.Stop()
	for i, f := range futures {
		if f == nil {
			again = append(again, all[i])
			continue
		}
		select {
		case <-f.Ok():
		case err := <-f.Err():
			var api *jetstream.APIError
			if errors.As(err, &api) && api.Code != 503 {
				return nil, &StoreError{"storing", int64(len(all[i].Data)), err}
			}
			again = append(again, all[i])
		case <-limit.C:
			return append(again, all[i:]...), nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return again, nil
}
