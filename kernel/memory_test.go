package kernel

import (
	"runtime"
	"runtime/metrics"
	"testing"
)

// resident is the memory that Go has from the system, in bytes.
func resident() uint64 {
	both := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(both)
	return both[0].Value.Uint64() - both[1].Value.Uint64()
}

func TestSpareMemoryIsGivenBack(t *testing.T) {
	var s spare
	defer s.stop()
	s.giveBack() // what earlier tests have left
	large := make([]byte, 4*spareBytes)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	full := resident()
	runtime.KeepAlive(large)
	s.giveBack()
	if now := resident(); now+3*spareBytes > full {
		t.Errorf("%d MB of %d MB are still there, of which %d MB are garbage", now>>20, full>>20, len(large)>>20)
	}
	kept := s.allocated
	small := make([]byte, spareBytes/4)
	runtime.KeepAlive(small)
	s.giveBack()
	if s.allocated != kept {
		t.Error("it collected for little")
	}
}

func TestSpareMemoryAfterTheEnd(t *testing.T) {
	var s spare
	s.stop()
	s.later(func() bool { t.Error("asked after the end"); return false })
	if s.giveBack(); s.timer != nil || s.allocated != 0 {
		t.Error("it went on after its end")
	}
}
