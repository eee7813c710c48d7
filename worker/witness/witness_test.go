package witness_test

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/weir-store/weir/core/audit"
	"github.com/weir-store/weir/core/audit/chain"
	core "github.com/weir-store/weir/core/audit/witness"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/internal/testkit"
	"github.com/weir-store/weir/worker"
	"github.com/weir-store/weir/worker/witness"
)

// outsider is a witness as C2SP tlog-witness describes it: it keeps the last
// checkpoint of one log, and signs a later one if that is proven to begin with
// it.
type outsider struct {
	*testkit.Witness
	log   note.Verifier
	size  int64
	root  tlog.Hash
	calls []int
}

func (o *outsider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, body := o.answer(r)
	o.calls = append(o.calls, status)
	if status == http.StatusConflict {
		w.Header().Set("Content-Type", "text/x.tlog.size")
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that is gone is not the test's matter
}

func (o *outsider) answer(r *http.Request) (status int, body string) {
	b, err := io.ReadAll(r.Body)
	head, signed, ok := strings.Cut(string(b), "\n\n")
	if err != nil || !ok || r.Method != http.MethodPost || r.URL.Path != "/log/add-checkpoint" {
		return http.StatusBadRequest, ""
	}
	lines := strings.Split(head, "\n")
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil || lines[0] != "old "+strconv.FormatInt(old, 10) {
		return http.StatusBadRequest, ""
	}
	n, err := note.Open([]byte(signed), note.VerifierList(o.log))
	if err != nil {
		return http.StatusForbidden, ""
	}
	fields := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || old > size {
		return http.StatusBadRequest, ""
	}
	root, err := tlog.ParseHash(fields[2])
	if err != nil {
		return http.StatusBadRequest, ""
	}
	if old != o.size || old == size && root != o.root {
		return http.StatusConflict, strconv.FormatInt(o.size, 10) + "\n"
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return http.StatusBadRequest, ""
		}
		proof = append(proof, tlog.Hash(h))
	}
	if old == 0 && len(proof) > 0 || old > 0 && tlog.CheckTree(proof, size, root, old, o.root) != nil {
		return http.StatusUnprocessableEntity, ""
	}
	o.size, o.root = size, root
	return http.StatusOK, "— stranger.example AAAAAAAA\n" + o.Cosign([]byte(n.Text), 1767225600)
}

// scene is a store with a witness that is called over HTTP.
type scene struct {
	*testkit.Solo
	t         *testing.T
	outsider  *outsider
	collector *witness.Collector
	signer    *worker.Signer
	url       string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Solo: testkit.New(t), t: t}
	s.signer = &worker.Signer{Store: s.Edge, Log: slog.New(slog.DiscardHandler), Seed: func(string) ([32]byte, error) { return [32]byte{1}, nil }}
	s.sign()
	list, err := audit.Keys.Call(t.Context(), s.Admin(), audit.KeysInput{})
	if err != nil {
		t.Fatal(err)
	}
	log, err := note.NewVerifier(list.Keys[0].VerifierKey)
	if err != nil {
		t.Fatal(err)
	}
	s.outsider = &outsider{Witness: testkit.NewWitness("witness.example/w1"), log: log}
	server := httptest.NewServer(s.outsider)
	t.Cleanup(server.Close)
	s.url = server.URL + "/log/"
	s.lead()
	return s
}

// lead lets another node do the work, which knows nothing of the witness.
func (s *scene) lead() {
	s.collector = &witness.Collector{Store: s.Edge, Clock: s.Clock.Now, Log: slog.New(slog.DiscardHandler)}
}

func (s *scene) add(internal bool) {
	s.t.Helper()
	in := core.AddInput{Name: "w1", URL: s.url, VerifierKey: s.outsider.VerifierKey(), AllowInternal: internal}
	if _, err := core.Add.Call(s.t.Context(), s.Admin(), in); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) sign() {
	s.t.Helper()
	if err := s.signer.Sign(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// collect lets the witness be asked, and says what it answered and whether the
// newest checkpoint has a cosignature that stands.
func (s *scene) collect() (calls []int, cosigned bool) {
	s.t.Helper()
	s.outsider.calls = nil
	if err := s.collector.Collect(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	shown, err := audit.Checkpoint.Call(s.t.Context(), s.Admin(), audit.CheckpointInput{})
	if err != nil {
		s.t.Fatal(err)
	}
	verifier, err := chain.ParseWitness(s.outsider.VerifierKey())
	if err != nil {
		s.t.Fatal(err)
	}
	n, err := note.Open(shown.Body, note.VerifierList(s.outsider.log, verifier))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.outsider.calls, len(n.Sigs) == 2 && len(n.UnverifiedSigs) == 0
}

func (s *scene) expect(what string, cosigned bool, calls ...int) {
	s.t.Helper()
	got, ok := s.collect()
	if ok != cosigned || len(got) != len(calls) {
		s.t.Fatalf("%s: cosigned %v by %v, want %v by %v", what, ok, got, cosigned, calls)
	}
	for i := range calls {
		if got[i] != calls[i] {
			s.t.Fatalf("%s: answers %v, want %v", what, got, calls)
		}
	}
}

func TestCheckpointsAreCosigned(t *testing.T) {
	s := newScene(t)
	s.add(true)
	s.sign()
	s.expect("the first", true, 200)
	length := s.Length()
	s.expect("nothing new", true)
	if s.sign(); s.Length() != length {
		t.Error("a cosignature asks for a checkpoint of its own")
	}
	s.User("alice")
	s.sign()
	s.expect("the next", true, 200)
	s.User("bob")
	s.sign()
	s.lead()
	s.expect("by a leader that knows nothing of the witness", true, 409, 200)
	page, err := audit.Checkpoints.Call(t.Context(), s.Admin(), audit.CheckpointsInput{Order: "-size"})
	if err != nil || len(page.Items) != 4 || len(page.Items[0].Cosignatures) != 1 || page.Items[0].Cosignatures[0].Time != 1767225600 {
		t.Errorf("%+v %v", page.Items, err)
	}
	s.Verify()
}

// A witness that has seen another history signs nothing, and is asked again
// after a pause only.
func TestForksAreNotCosigned(t *testing.T) {
	for _, row := range []struct {
		name  string
		seen  func(o *outsider, size int64)
		calls []int
	}{
		{"another history, shorter", func(o *outsider, size int64) { o.size, o.root = size-1, tlog.Hash{1} }, []int{409, 422}},
		{"another history, of this length", func(o *outsider, size int64) { o.size, o.root = size, tlog.Hash{1} }, []int{409, 409}},
		{"a longer history", func(o *outsider, size int64) { o.size, o.root = size+1, tlog.Hash{1} }, []int{409}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			s.add(true)
			s.sign()
			page, err := audit.Checkpoints.Call(t.Context(), s.Admin(), audit.CheckpointsInput{Order: "-size"})
			if err != nil {
				t.Fatal(err)
			}
			row.seen(s.outsider, int64(page.Items[0].Size))
			s.expect("asked", false, row.calls...)
			s.expect("left in peace", false)
			if s.collector.Failed.Load() != 1 {
				t.Errorf("%d failures", s.collector.Failed.Load())
			}
			s.Clock.Advance(1 << 40)
			if calls, _ := s.collect(); len(calls) == 0 {
				t.Error("not asked again")
			}
		})
	}
}

func TestWitnessesThatCannotBeBelieved(t *testing.T) {
	t.Run("inside", func(t *testing.T) {
		s := newScene(t)
		s.add(false)
		s.expect("an address inside", false)
		if s.collector.Failed.Load() != 1 {
			t.Error("no failure is counted")
		}
		s.add(true)
		s.sign()
		s.Clock.Advance(1 << 40)
		s.expect("allowed", true, 200)
	})
	t.Run("another key", func(t *testing.T) {
		s := newScene(t)
		s.add(true)
		s.sign()
		s.outsider.Witness = testkit.NewWitness("witness.example/other")
		if err := s.collector.Collect(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s.collector.Collected.Load() != 0 || s.collector.Failed.Load() != 1 {
			t.Error("a signature of another key was taken")
		}
	})
	t.Run("removed", func(t *testing.T) {
		s := newScene(t)
		s.add(true)
		if _, err := core.Remove.Call(t.Context(), s.Admin(), core.Input{Name: "w1"}); err != nil {
			t.Fatal(err)
		}
		s.expect("removed", false)
	})
	t.Run("moved", func(t *testing.T) {
		s := newScene(t)
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect is followed") }))
		t.Cleanup(elsewhere.Close)
		moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
		t.Cleanup(moved.Close)
		s.url = moved.URL
		s.add(true)
		s.expect("moved", false)
	})
}

// Each node verifies what a leader says that a witness signed.
func TestCosignaturesAreVerified(t *testing.T) {
	s := newScene(t)
	s.add(true)
	first, err := audit.Checkpoints.Call(t.Context(), s.Admin(), audit.CheckpointsInput{})
	if err != nil {
		t.Fatal(err)
	}
	s.sign()
	page, err := audit.Checkpoints.Call(t.Context(), s.Admin(), audit.CheckpointsInput{Order: "-size"})
	if err != nil {
		t.Fatal(err)
	}
	textOf := func(c audit.Signed) []byte {
		text, _, _ := strings.Cut(c.Note, "\n\n")
		return []byte(text + "\n")
	}
	newest := page.Items[0]
	good := s.outsider.Cosign(textOf(newest), 7)
	for _, row := range []struct {
		name string
		in   audit.CosignInput
		code fault.Code
	}{
		{"of another checkpoint", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: s.outsider.Cosign(textOf(first.Items[0]), 7)}, fault.TraceIntegrity},
		{"by another key of the same name", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: strings.Replace(testkit.NewWitness("other").Cosign(textOf(newest), 7), "other", "witness.example/w1", 1)}, fault.TraceIntegrity},
		{"no signature", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: "x"}, fault.TraceIntegrity},
		{"a time beyond all", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: s.outsider.Cosign(textOf(newest), 1<<63)}, fault.TraceIntegrity},
		{"of a size that was not signed", audit.CosignInput{Size: newest.Size + 1, Witness: "w1", Lines: good}, fault.NotFound},
		{"of a witness that there is not", audit.CosignInput{Size: newest.Size, Witness: "w2", Lines: good}, fault.NotFound},
		{"as it is", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: good}, ""},
		{"again", audit.CosignInput{Size: newest.Size, Witness: "w1", Lines: good}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			out, err := audit.Cosign.Call(t.Context(), s.Edge.System(), row.in)
			if row.code == "" && (err != nil || out.Time != 7) || row.code != "" && !fault.Is(err, row.code) {
				t.Errorf("%+v %v, want %q", out, err, row.code)
			}
		})
	}
}
