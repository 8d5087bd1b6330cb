package rewrite

// standardGenerics are the generic functions of the standard library that have
// a lowering: the text after the helper's name, with $0, $1, … for the type arguments and @p. for
// package p. Those of the library itself cannot be in an engine's tables.
var standardGenerics = map[string]string{
	"cmp.Compare": "(a, b $0) int { if a < b || a != a && b == b { return -1 }; if a > b || a == a && b != b { return 1 }; return 0 }",
	"cmp.Less":    "(a, b $0) bool { return a < b || a != a && b == b }",
	"cmp.Or":      "(vs ...$0) $0 { var zero $0; for _, v := range vs { if v != zero { return v } }; return zero }",

	"slices.Sort":           "(s $0) { @sort.SliceStable(s, func(i, j int) bool { return s[i] < s[j] || s[i] != s[i] && s[j] == s[j] }) }",
	"slices.SortFunc":       "(s $0, f func(a, b $1) int) { @sort.SliceStable(s, func(i, j int) bool { return f(s[i], s[j]) < 0 }) }",
	"slices.SortStableFunc": "(s $0, f func(a, b $1) int) { @sort.SliceStable(s, func(i, j int) bool { return f(s[i], s[j]) < 0 }) }",
	"slices.IsSorted":       "(s $0) bool { for i := 1; i < len(s); i++ { if s[i] < s[i-1] || s[i] != s[i] && s[i-1] == s[i-1] { return false } }; return true }",
	"slices.IsSortedFunc":   "(s $0, f func(a, b $1) int) bool { for i := 1; i < len(s); i++ { if f(s[i], s[i-1]) < 0 { return false } }; return true }",
	"slices.Contains":       "(s $0, v $1) bool { for _, x := range s { if x == v { return true } }; return false }",
	"slices.ContainsFunc":   "(s $0, f func($1) bool) bool { for _, x := range s { if f(x) { return true } }; return false }",
	"slices.Index":          "(s $0, v $1) int { for i, x := range s { if x == v { return i } }; return -1 }",
	"slices.IndexFunc":      "(s $0, f func($1) bool) int { for i, x := range s { if f(x) { return i } }; return -1 }",
	"slices.Equal":          "(a, b $0) bool { if len(a) != len(b) { return false }; for i := range a { if a[i] != b[i] { return false } }; return true }",
	"slices.Reverse":        "(s $0) { for i, j := 0, len(s)-1; i < j; { s[i], s[j] = s[j], s[i]; i++; j-- } }",
	"slices.Clone":          "(s $0) $0 { if s == nil { return nil }; r := make($0, len(s)); copy(r, s); return r }",
	"slices.Max":            "(s $0) $1 { if len(s) == 0 { panic(\"slices.Max: empty list\") }; m := s[0]; for _, v := range s { if v > m || v != v { m = v } }; return m }",
	"slices.Min":            "(s $0) $1 { if len(s) == 0 { panic(\"slices.Min: empty list\") }; m := s[0]; for _, v := range s { if v < m || v != v { m = v } }; return m }",
	"slices.MaxFunc":        "(s $0, f func(a, b $1) int) $1 { if len(s) == 0 { panic(\"slices.MaxFunc: empty list\") }; m := s[0]; for _, v := range s { if f(v, m) > 0 { m = v } }; return m }",
	"slices.MinFunc":        "(s $0, f func(a, b $1) int) $1 { if len(s) == 0 { panic(\"slices.MinFunc: empty list\") }; m := s[0]; for _, v := range s { if f(v, m) < 0 { m = v } }; return m }",
	"slices.Compact":        "(s $0) $0 { if len(s) < 2 { return s }; k := 1; for i := 1; i < len(s); i++ { if s[i] != s[i-1] { s[k] = s[i]; k++ } }; var zero $1; for i := k; i < len(s); i++ { s[i] = zero }; return s[:k] }",
	"slices.Insert":         "(s $0, i int, vs ...$1) $0 { _ = s[i:]; r := make($0, 0, len(s)+len(vs)); r = append(r, s[:i]...); r = append(r, vs...); return append(r, s[i:]...) }",
	"slices.Delete":         "(s $0, i, j int) $0 { _ = s[i:j]; n := len(s); s = append(s[:i], s[j:]...); var zero $1; t := s[:n]; for k := len(s); k < n; k++ { t[k] = zero }; return s }",
	"slices.Concat":         "(ss ...$0) $0 { var r $0; for _, s := range ss { r = append(r, s...) }; return r }",
	"slices.Repeat":         "(s $0, n int) $0 { r := $0{}; for i := 0; i < n; i++ { r = append(r, s...) }; return r }",
	"slices.BinarySearch":   "(s $0, v $1) (int, bool) { n := @sort.Search(len(s), func(i int) bool { return s[i] >= v }); return n, n < len(s) && s[n] == v }",
	"slices.All":            "(s $0) func(func(int, $1) bool) { return func(yield func(int, $1) bool) { for i, v := range s { if !yield(i, v) { return } } } }",
	"slices.Values":         "(s $0) func(func($1) bool) { return func(yield func($1) bool) { for _, v := range s { if !yield(v) { return } } } }",
	"slices.Backward":       "(s $0) func(func(int, $1) bool) { return func(yield func(int, $1) bool) { for i := len(s) - 1; i >= 0; i-- { if !yield(i, s[i]) { return } } } }",
	"slices.Collect":        "(seq func(func($0) bool)) []$0 { var r []$0; seq(func(v $0) bool { r = append(r, v); return true }); return r }",
	"slices.Sorted":         "(seq func(func($0) bool)) []$0 { var s []$0; seq(func(v $0) bool { s = append(s, v); return true }); @sort.SliceStable(s, func(i, j int) bool { return s[i] < s[j] || s[i] != s[i] && s[j] == s[j] }); return s }",

	"slices.EqualFunc":        "(a $0, b $1, f func($2, $3) bool) bool { if len(a) != len(b) { return false }; for i := range a { if !f(a[i], b[i]) { return false } }; return true }",
	"slices.Compare":          "(a, b $0) int { for i, v := range a { if i >= len(b) { return 1 }; if c := @cmp.Compare(v, b[i]); c != 0 { return c } }; if len(a) < len(b) { return -1 }; return 0 }",
	"slices.CompareFunc":      "(a $0, b $1, f func($2, $3) int) int { for i, v := range a { if i >= len(b) { return 1 }; if c := f(v, b[i]); c != 0 { return c } }; if len(a) < len(b) { return -1 }; return 0 }",
	"slices.DeleteFunc":       "(s $0, f func($1) bool) $0 { k := 0; for _, v := range s { if !f(v) { s[k] = v; k++ } }; var zero $1; for i := k; i < len(s); i++ { s[i] = zero }; return s[:k] }",
	"slices.CompactFunc":      "(s $0, f func($1, $1) bool) $0 { if len(s) < 2 { return s }; k := 1; for i := 1; i < len(s); i++ { if !f(s[k-1], s[i]) { s[k] = s[i]; k++ } }; var zero $1; for i := k; i < len(s); i++ { s[i] = zero }; return s[:k] }",
	"slices.Replace":          "(s $0, i, j int, vs ...$1) $0 { _ = s[i:j]; r := make($0, 0, len(s)-(j-i)+len(vs)); r = append(r, s[:i]...); r = append(r, vs...); return append(r, s[j:]...) }",
	"slices.Grow":             "(s $0, n int) $0 { if n < 0 { panic(\"cannot be negative\") }; if n -= cap(s) - len(s); n > 0 { r := make($0, len(s), cap(s)+n); copy(r, s); return r }; return s }",
	"slices.Clip":             "(s $0) $0 { return s[:len(s):len(s)] }",
	"slices.Chunk":            "(s $0, n int) func(func($0) bool) { if n < 1 { panic(\"cannot be less than 1\") }; return func(yield func($0) bool) { for i := 0; i < len(s); i += n { end := i + n; if end > len(s) { end = len(s) }; if !yield(s[i:end:end]) { return } } } }",
	"slices.AppendSeq":        "(s $0, seq func(func($1) bool)) $0 { seq(func(v $1) bool { s = append(s, v); return true }); return s }",
	"slices.SortedFunc":       "(seq func(func($0) bool), f func(a, b $0) int) []$0 { var s []$0; seq(func(v $0) bool { s = append(s, v); return true }); @sort.SliceStable(s, func(i, j int) bool { return f(s[i], s[j]) < 0 }); return s }",
	"slices.SortedStableFunc": "(seq func(func($0) bool), f func(a, b $0) int) []$0 { var s []$0; seq(func(v $0) bool { s = append(s, v); return true }); @sort.SliceStable(s, func(i, j int) bool { return f(s[i], s[j]) < 0 }); return s }",
	"slices.BinarySearchFunc": "(s $0, v $2, f func($1, $2) int) (int, bool) { n := @sort.Search(len(s), func(i int) bool { return f(s[i], v) >= 0 }); return n, n < len(s) && f(s[n], v) == 0 }",

	"maps.Keys":       "(m $0) func(func($1) bool) { return func(yield func($1) bool) { for k := range m { if !yield(k) { return } } } }",
	"maps.Values":     "(m $0) func(func($2) bool) { return func(yield func($2) bool) { for _, v := range m { if !yield(v) { return } } } }",
	"maps.All":        "(m $0) func(func($1, $2) bool) { return func(yield func($1, $2) bool) { for k, v := range m { if !yield(k, v) { return } } } }",
	"maps.Clone":      "(m $0) $0 { if m == nil { return nil }; r := make($0); for k, v := range m { r[k] = v }; return r }",
	"maps.Copy":       "(dst $0, src $1) { for k, v := range src { dst[k] = v } }",
	"maps.Collect":    "(seq func(func($0, $1) bool)) map[$0]$1 { m := make(map[$0]$1); seq(func(k $0, v $1) bool { m[k] = v; return true }); return m }",
	"maps.Insert":     "(m $0, seq func(func($1, $2) bool)) { seq(func(k $1, v $2) bool { m[k] = v; return true }) }",
	"maps.DeleteFunc": "(m $0, f func($1, $2) bool) { for k, v := range m { if f(k, v) { delete(m, k) } } }",
	"maps.EqualFunc":  "(a $0, b $1, f func($3, $4) bool) bool { if len(a) != len(b) { return false }; for k, v := range a { w, ok := b[k]; if !ok || !f(v, w) { return false } }; return true }",

	"errors.AsType": "(err error) ($0, bool) { var t $0; ok := @errors.As(err, &t); return t, ok }",

	"sync.OnceValue":  "(f func() $0) func() $0 { var once @sync.Once; var v $0; return func() $0 { once.Do(func() { v = f() }); return v } }",
	"sync.OnceValues": "(f func() ($0, $1)) func() ($0, $1) { var once @sync.Once; var a $0; var b $1; return func() ($0, $1) { once.Do(func() { a, b = f() }); return a, b } }",

	"maps.Equal": "(a $0, b $1) bool { if len(a) != len(b) { return false }; for k, v := range a { w, ok := b[k]; if !ok || v != w { return false } }; return true }",
}
