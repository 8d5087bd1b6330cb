package cluster

import "encoding/binary"

// Kinds of what a node says to who has a run, besides results.
const (
	askDo   = iota + 1 // answer Data
	askStop            // the answer with the ID is not wanted any more
	askEnd             // a round asks for nothing more
	askBeat            // these rounds are alive, and these questions not answered
)

// ask is a message of a node about what its worker processes ask for.
type ask struct {
	Kind    int64
	Node    string
	Low     uint64 // all questions of the node before it are settled
	Round   string // who asks: calls that a worker process makes in a row
	PID     int
	ID      uint64
	Died    string // how the round ended, if not as it should
	Rounds  []string
	Pending []pendingAsk
	Ref     blob // of the data, if it is large
	Data    []byte
}

// pendingAsk is a question that is not answered.
type pendingAsk struct {
	Round string
	ID    uint64
}

func (a *ask) encode() []byte {
	b := make([]byte, 0, len(a.Data)+64)
	for _, n := range []int64{a.Kind, int64(a.Low), int64(a.PID), int64(a.ID), int64(len(a.Rounds)), int64(len(a.Pending))} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range []string{a.Node, a.Round, a.Died} {
		b = appendText(b, s)
	}
	for _, r := range a.Rounds {
		b = appendText(b, r)
	}
	for _, p := range a.Pending {
		b = binary.AppendVarint(appendText(b, p.Round), int64(p.ID))
	}
	b = a.Ref.append(b)
	return append(b, a.Data...)
}

func decodeAsk(data []byte) (a ask, err error) {
	r := reader{data: data}
	a.Kind, a.Low, a.PID, a.ID = r.int(), uint64(r.int()), int(r.int()), uint64(r.int())
	rounds, pending := r.int(), r.int()
	a.Node, a.Round, a.Died = r.text(), r.text(), r.text()
	for ; rounds > 0 && !r.bad; rounds-- {
		a.Rounds = append(a.Rounds, r.text())
	}
	for ; pending > 0 && !r.bad; pending-- {
		a.Pending = append(a.Pending, pendingAsk{r.text(), uint64(r.int())})
	}
	a.Ref = r.blob()
	a.Data = r.data
	return a, r.err("question")
}

// Kinds of answers.
const (
	toldAnswer = iota + 1
	toldAgain  // the question with the ID has not come: ask again
	toldLost   // a round has lost its lease
)

// told answers a node.
type told struct {
	Kind  int64
	ID    uint64
	Round string
	Err   string
	Ref   blob
	Data  []byte
}

func (t *told) encode() []byte {
	b := make([]byte, 0, len(t.Data)+32)
	b = binary.AppendVarint(b, t.Kind)
	b = binary.AppendVarint(b, int64(t.ID))
	b = appendText(appendText(b, t.Round), t.Err)
	b = t.Ref.append(b)
	return append(b, t.Data...)
}

func decodeTold(data []byte) (told, error) {
	r := reader{data: data}
	t := told{Kind: r.int(), ID: uint64(r.int()), Round: r.text(), Err: r.text(), Ref: r.blob()}
	t.Data = r.data
	return t, r.err("answer")
}
