package canon

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestRecord(t *testing.T) {
	var r Record
	if got, err := r.Append(nil); err != nil || string(got) != "{}" {
		t.Errorf("an empty record is %s (%v)", got, err)
	}
	r.Text("outcome", "ok")
	r.Int("sequence", MaxInt)
	r.Text("action", "say \"x\"\n")
	r.Int("delta", -MaxInt)
	r.Text("\U0001F600", "")
	r.Text("\ufb33", "😀")
	got, err := r.Append([]byte("> "))
	want := "> {\"action\":\"say \\\"x\\\"\\n\",\"delta\":-9007199254740991,\"outcome\":\"ok\",\"sequence\":9007199254740991,\"😀\":\"\",\"\ufb33\":\"😀\"}"
	if err != nil || string(got) != want {
		t.Errorf("got  %s (%v)\nwant %s", got, err, want)
	}
	r.Reset()
	r.Int("n", 0)
	if got, err := r.Append(nil); err != nil || string(got) != `{"n":0}` {
		t.Errorf("after Reset it is %s (%v)", got, err)
	}
}

func TestRecordRefuses(t *testing.T) {
	tests := []struct {
		name string
		fill func(*Record)
	}{
		{"a name twice", func(r *Record) { r.Text("a", "1"); r.Int("b", 1); r.Int("a", 1) }},
		{"2^53", func(r *Record) { r.Int("a", MaxInt+1) }},
		{"-2^53", func(r *Record) { r.Int("a", -MaxInt-1) }},
		{"a text that is not UTF-8", func(r *Record) { r.Text("a", "\xff") }},
		{"a name that is not UTF-8", func(r *Record) { r.Int("\xff", 1) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Record
			tt.fill(&r)
			if got, err := r.Append(nil); err == nil {
				t.Errorf("it became %s", got)
			}
		})
	}
}

// TestRecordIsCanonical: a record is what Canonical makes of the same members
// as encoding/json writes them.
func TestRecordIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := map[string]any{}
		var r Record
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names") {
			if rapid.Bool().Draw(t, "text") {
				text := rapid.String().Draw(t, "value")
				members[name] = text
				r.Text(name, text)
				continue
			}
			n := rapid.Int64Range(-MaxInt, MaxInt).Draw(t, "value")
			members[name] = n
			r.Int(name, n)
		}
		got, err := r.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		loose, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		want, f := Canonical(loose)
		if f != nil || !bytes.Equal(got, want) {
			t.Errorf("got %s, want %s (%v)", got, want, f)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	var r Record
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		for _, name := range []string{"action", "actor_id", "credential_id", "entity", "hash_alg", "id", "operation", "outcome", "previous", "request_id", "salt", "scope_id", "target_id", "target_type"} {
			r.Text(name, "obj_01890a5d0c1e7000a000000000000001")
		}
		r.Int("timestamp", 1767225600000000)
		r.Int("version", 7)
		if _, err := r.Append(dst); err != nil {
			b.Fatal(err)
		}
	}
}
