package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/canon"
	"github.com/weir-store/weir/core/fault"
)

// exported is a log of 12 entries with a checkpoint of 8, and its export.
func exported(t *testing.T) (*testLog, []byte) {
	t.Helper()
	l := tampered(t)
	return l, must(l, Export, ExportInput{}).Body
}

func verifyExport(t *testing.T, x chain.Export, export []byte) chain.Report {
	t.Helper()
	r, err := x.Verify(bytes.NewReader(export))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestExportVerifies(t *testing.T) {
	l, _ := exported(t)
	trusted := chain.Export{VerifierKey: logKey(t, testOrigin).VerifierKey()}
	for _, row := range []struct {
		name          string
		parts         []ExportInput
		checked, last uint64
		signed        uint64
	}{
		{"everything", []ExportInput{{}}, 12, 12, 8},
		{"the beginning, below the checkpoint", []ExportInput{{To: 5}}, 5, 5, 5},
		{"up to the checkpoint", []ExportInput{{To: 8}}, 8, 8, 8},
		{"across the checkpoint", []ExportInput{{From: 6, To: 10}}, 5, 10, 8},
		{"from the checkpoint on", []ExportInput{{From: 9}}, 4, 12, 8},
		{"after the checkpoint", []ExportInput{{From: 11}}, 2, 12, 0},
		{"in the middle", []ExportInput{{From: 3, To: 4}}, 2, 4, 4},
		{"in parts", []ExportInput{{To: 3}, {From: 4, To: 4}, {From: 5}}, 12, 12, 8},
		{"nothing", []ExportInput{{From: 13}}, 0, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			var file []byte
			for _, in := range row.parts {
				file = append(file, must(l, Export, in).Body...)
			}
			got := verifyExport(t, trusted, file)
			if got.Checked != row.checked || got.Last != row.last || got.Signed != row.signed || got.Valid != (row.checked > 0) {
				t.Errorf("got %+v", got)
			}
		})
	}
	_, traces, err := ask(l, "auditor", Export, ExportInput{From: 2, To: 3})
	if err != nil || len(traces) != 1 || traces[0].Action != "export" {
		t.Errorf("traces are %+v, %v", traces, err)
	}
	if _, _, err := ask(l, "auditor", Export, ExportInput{From: 14}); !fault.Is(err, fault.MalformedRequest) {
		t.Errorf("beyond the head: %v", err)
	}
	if _, _, err := ask(l, "alice", Export, ExportInput{}); !fault.Is(err, fault.PermissionDenied) {
		t.Errorf("without the permission: %v", err)
	}
}

func TestExportIsBounded(t *testing.T) {
	l := newLog(t)
	long := l.full()
	long.TargetType = strings.Repeat("x", 60_000)
	for range 160 {
		if f := l.append("alice", long); f != nil {
			t.Fatal(f)
		}
	}
	var file []byte
	parts := 0
	for next := uint64(1); next != 0; parts++ {
		body := must(l, Export, ExportInput{From: next}).Body
		file = append(file, body...)
		lines := bytes.Split(bytes.TrimSpace(body), []byte{'\n'})
		var end chain.End
		if err := json.Unmarshal(lines[len(lines)-1], &end); err != nil {
			t.Fatal(err)
		}
		next = end.Next
	}
	if got := verifyExport(t, chain.Export{}, file); parts != 2 || !got.Valid || got.Last != l.head.Sequence {
		t.Errorf("%d parts, %+v", parts, got)
	}
}

func TestTamperedExportIsNamed(t *testing.T) {
	l, whole := exported(t)
	trusted := chain.Export{VerifierKey: logKey(t, testOrigin).VerifierKey()}
	lines := func() [][]byte { return bytes.Split(bytes.TrimSuffix(whole, []byte{'\n'}), []byte{'\n'}) }
	swap := func(n int, name, value string) func() [][]byte {
		return func() [][]byte {
			ls := lines()
			ls[n] = member(t, ls[n], name, value)
			return ls
		}
	}
	zeros := `"` + strings.Repeat("0", 64) + `"`
	rows := []struct {
		name   string
		tamper func() [][]byte
		at     uint64
		reason string
	}{
		{"the first line is removed", func() [][]byte { return lines()[1:] }, 1, chain.Malformed},
		{"the first entry is removed", func() [][]byte { return slices.Delete(lines(), 1, 2) }, 1, chain.Missing},
		{"an entry is removed", func() [][]byte { return slices.Delete(lines(), 6, 7) }, 6, chain.Missing},
		{"the last entry is removed", func() [][]byte { return slices.Delete(lines(), 12, 13) }, 12, chain.Missing},
		{"the last line is removed", func() [][]byte { return lines()[:13] }, 13, chain.Unfinished},
		{"the tail is removed, lines and claims adjusted", func() [][]byte {
			ls := lines()
			ls[0] = member(t, ls[0], "to", "6")
			ls[13] = []byte(fmt.Sprintf(`{"weir_export_end":%q}`, chain.Hex(chain.Hash(ls[6]))))
			return append(ls[:7], ls[13])
		}, 6, chain.Signed},
		{"two entries are swapped", func() [][]byte { ls := lines(); ls[4], ls[5] = ls[5], ls[4]; return ls }, 4, chain.Missing},
		{"an entry comes twice", func() [][]byte { return slices.Insert(lines(), 5, lines()[5]) }, 6, chain.Missing},
		{"a link is changed", swap(5, "previous", zeros), 5, chain.Link},
		{"the last entry is changed", swap(12, "actor_id", `"eve"`), 12, chain.Changed},
		{"the end is changed", swap(13, "weir_export_end", zeros), 12, chain.Changed},
		{"the end is no JSON", func() [][]byte { ls := lines(); ls[13] = []byte(`{"weir_export_end":}`); return ls }, 13, chain.Malformed},
		{"an entry is too long", func() [][]byte { ls := lines(); ls[3] = bytes.Repeat([]byte{'x'}, 1<<20); return ls }, 3, chain.Malformed},
		{"the checkpoint has another root", func() [][]byte {
			ls := lines()
			ls[0] = bytes.Replace(ls[0], []byte(`\n8\n`), []byte(`\n7\n`), 1)
			return ls
		}, 1, chain.Signature},
		{"everything is made anew, but for the checkpoint", func() [][]byte { return remade(t, lines(), 5, nil) }, 8, chain.Signed},
		{"everything is made anew, with another key", func() [][]byte {
			k, err := chain.NewKey(testOrigin, [32]byte{1})
			if err != nil {
				t.Fatal(err)
			}
			return remade(t, lines(), 5, k)
		}, 1, chain.Signature},
	}
	for _, m := range parsed(t, string(load(l.view(), 5).Entry)).Members {
		if m.Name == "previous" || m.Name == "sequence" {
			continue
		}
		value := `"changed"`
		if m.Value.Kind == canon.Number {
			value = "77"
		}
		rows = append(rows, struct {
			name   string
			tamper func() [][]byte
			at     uint64
			reason string
		}{"changed " + m.Name, swap(5, m.Name, value), 5, chain.Changed})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			got := verifyExport(t, trusted, append(bytes.Join(row.tamper(), []byte{'\n'}), '\n'))
			if got.Valid || got.Verdict != chain.Broken || got.BrokenAt != row.at || got.Reason != row.reason {
				t.Errorf("got %+v, want broken at %d: %s", got, row.at, row.reason)
			}
		})
	}
}

// remade changes entry n and makes all that follows from it fit; with a key,
// the checkpoint too.
func remade(t *testing.T, lines [][]byte, n int, k *chain.Key) [][]byte {
	t.Helper()
	var g chain.Segment
	if err := json.Unmarshal(lines[0], &g); err != nil {
		t.Fatal(err)
	}
	lines[n] = member(t, lines[n], "actor_id", `"eve"`)
	var peaks [][32]byte
	for i := 1; i <= 12; i++ {
		if i > n {
			lines[i] = member(t, lines[i], "previous", fmt.Sprintf("%q", chain.Hex(chain.Hash(lines[i-1]))))
		}
		if peaks = chain.Grow(peaks, uint64(i)-1, chain.Leaf(lines[i])); i == 8 && k != nil {
			note, err := k.Sign(&chain.Checkpoint{Origin: testOrigin, Size: 8, Root: chain.Root(peaks)})
			if err != nil {
				t.Fatal(err)
			}
			g.Checkpoint, g.VerifierKey = string(note), k.VerifierKey()
		}
	}
	first, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	lines[0] = first
	lines[13] = []byte(fmt.Sprintf(`{"weir_export_end":%q}`, chain.Hex(chain.Hash(lines[12]))))
	return lines
}

func TestExportAsTable(t *testing.T) {
	l := newLog(t)
	r := l.full()
	r.TargetType = "=1+\"a\",b"
	if f := l.append("alice", r); f != nil {
		t.Fatal(f)
	}
	out := must(l, Export, ExportInput{Format: "csv", From: l.head.Sequence})
	golden(t, "export.csv", out.Body)
	if empty := must(l, Export, ExportInput{Format: "csv", From: l.head.Sequence + 1}); !bytes.HasPrefix(empty.Body, []byte("sequence,id,")) {
		t.Errorf("an empty table is %q", empty.Body)
	}
}

func TestExportPicked(t *testing.T) {
	l := newLog(t)
	k := l.key()
	l.fill(300, 7)
	l.states(5, "bob")
	l.fill(100, 7)
	note := l.sign(k)
	l.states(3, "bob")
	out := must(l, Export, ExportInput{Filter: Filter{ActorID: "bob"}})
	x := chain.Export{VerifierKey: k.VerifierKey()}
	verify := func(file []byte) chain.Report {
		t.Helper()
		r, err := x.Verify(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := verify(out.Body)
	if !r.Valid || r.Picked != 8 || r.First != 305 || r.Last != l.head.Sequence || out.Next != 0 {
		t.Errorf("got %+v, next %d", r, out.Next)
	}
	early := must(l, Export, ExportInput{Filter: Filter{ActorID: "bob"}, To: 400})
	if r := verify(early.Body); !r.Valid || r.Picked != 5 || r.Signed == 0 || !bytes.Contains(early.Body, []byte(`"checkpoint":`)) || note == "" {
		t.Errorf("under a checkpoint: %+v", r)
	}
	two := append(append([]byte(nil), early.Body...), must(l, Export, ExportInput{Filter: Filter{ActorID: "bob"}, From: 401}).Body...)
	if r := verify(two); !r.Valid || r.Picked != 8 {
		t.Errorf("two parts: %+v", r)
	}
	none := must(l, Export, ExportInput{Filter: Filter{ActorID: "nobody"}})
	if r := verify(none.Body); r.Verdict != chain.Empty {
		t.Errorf("none: %+v", r)
	}
	lines := bytes.Split(bytes.TrimSpace(early.Body), []byte{'\n'})
	for name, change := range map[string]func() [][]byte{
		"an entry is changed": func() [][]byte {
			lines[1] = bytes.Replace(lines[1], []byte(`"bob"`), []byte(`"eve"`), 1)
			return lines
		},
		"an entry is left out": func() [][]byte { return append(lines[:1:1], lines[3:]...) },
		"a proof is left out":  func() [][]byte { return append(lines[:2:2], lines[3:]...) },
		"the end is left out":  func() [][]byte { return lines[:len(lines)-1] },
		"the root is not that of c": func() [][]byte {
			lines[0] = bytes.Replace(lines[0], []byte(`"root":"`), []byte(`"root":"AAAA`), 1)
			return lines
		},
	} {
		saved := append([][]byte(nil), lines...)
		file := append(bytes.Join(change(), []byte{'\n'}), '\n')
		copy(lines, saved)
		if r := verify(file); r.Valid {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
