package audit

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/weir-store/weir/core/audit/chain"
	"github.com/weir-store/weir/core/fault"
	"github.com/weir-store/weir/core/op"
	"github.com/weir-store/weir/core/state"
	"github.com/weir-store/weir/core/system"
	"github.com/weir-store/weir/storage/key"
)

// ExportInput is a range of entries and a form.
type ExportInput struct {
	Format string `json:"format,omitempty" op:"query,enum=ndjson|csv" doc:"ndjson, when absent, can be verified; csv is for spreadsheets"`
	From   uint64 `json:"from,omitempty" op:"query,min=1" doc:"the first entry; 1 when absent"`
	To     uint64 `json:"to,omitempty" op:"query,min=1" doc:"the last entry; the newest when absent or above it"`
	Filter
}

// The bounds of one answer. Whoever wants more asks again from where it ends.
const (
	maxExport      = 20_000
	maxExportBytes = 8 << 20
)

// Export gives a part of the trail with all that is needed to verify it
// without a node, by chain.Export.
var Export = op.NewQuery(Ops, op.Spec[ExportInput, op.Raw]{
	Name:    "export",
	Summary: "Export entries so that anybody can verify them.",
	Schema:  3,
	Doc: "One answer is of at most 20,000 entries and about 8 MiB. Weir-Next names the entry that follows, if there is one, and so does the last line of the ndjson form; " +
		"the answers can be written behind each other into one file. Entries that a filter chose come each with a proof that it is in the tree; " +
		"all entries of a range come as a part of the chain.",
	Route:   "GET /v1/audit/export",
	Access:  op.Holding[ExportInput]("export", op.ReadAudit),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: ExportInput{From: 1, To: 2},
	Result:  op.Raw{ContentType: ndjsonType},
	Validate: func(in *ExportInput) *fault.Fault {
		if in.To != 0 && in.From > in.To {
			return inverted("to", "must not be before from")
		}
		return in.validate()
	},
}, func(v *op.View, in ExportInput) (op.Raw, error) {
	t := open(v)
	from := max(in.From, t.base+1)
	if from > t.size+1 {
		return op.Raw{}, beyond("from", "the trail has fewer entries")
	}
	part, to := t.part(&in, from)
	table := in.Format == "csv"
	told := append([]fault.Member{{Name: factFrom, Value: from}, {Name: factTo, Value: to}}, in.asked()...)
	if table || in.Filter != (Filter{}) {
		told = append(told, fault.Member{Name: factPartial, Value: true})
	}
	v.Traced(op.Record{
		Action: "export", Operation: exportName, Entity: EntityAudit, TargetType: EntityAudit, TargetID: EntityAudit, Metadata: told,
	})
	out := op.Raw{ContentType: ndjsonType}
	if to < t.size && (in.To == 0 || to < in.To) {
		out.Next = to + 1
	}
	var err error
	if table {
		out.ContentType, out.Body = "text/csv; charset=utf-8", asTable(part)
	} else {
		out.Body, err = t.segment(&in, part, from, to)
	}
	return out, err
})

const ndjsonType = "application/x-ndjson"

// What the trace of an export says: its range, and that it is not all that is
// needed to verify the range. Pruning goes by it.
const (
	exportName  = "audit.export"
	factFrom    = "from"
	factTo      = "to"
	factPartial = "partial"
)

// part reads the entries from a place on as far as the bounds go, and gives
// those that pass the filter; last is the last that was looked at.
func (t *trail) part(in *ExportInput, from uint64) (part []*row, last uint64) {
	to := in.To
	if to == 0 {
		to = t.size
	}
	to = min(to, t.size, from+maxExport-1)
	m := newMatch(&in.Filter)
	size := 0
	last = from - 1
	rows := entries.Scan(t.v.Now, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from-1)})
	defer rows.Close()
	for last < to && size < maxExportBytes && rows.Next() {
		r := rows.Row()
		last = r.Sequence
		if passes, _ := m.takes(r.Entry, false); passes {
			part = append(part, r)
			size += len(r.Entry)
		}
	}
	return part, last
}

// segment writes a part as chain.Export reads it.
func (t *trail) segment(in *ExportInput, part []*row, from, to uint64) ([]byte, error) {
	v := t.v.Now
	start := anchor(v, from-1)
	picked := in.Filter != (Filter{})
	g := chain.Segment{Format: chain.ExportFormat, From: from, To: to, Previous: chain.Hex(start.Hash)}
	g.SetPeaks(start.Peaks)
	if settings, ok := system.Load(v); ok {
		g.Origin = origin(settings)
	}
	if c, ok := t.vouches(to); ok {
		if claim := believed(v, c); claim != nil && claim.Origin == g.Origin {
			g.Checkpoint = string(c.cosigned(v))
			if k, ok := current(v); ok {
				g.VerifierKey = k.VerifierKey
			}
			if c.Size > to && to > 0 && !picked {
				g.Consistency = proveTree(v, to, c.Size)
			}
		}
	}
	end := chain.End{Head: chain.Hex(start.Hash)}
	if to < t.size {
		end.Next = to + 1
	}
	if picked {
		g.Picked = t.tree(to, g.Checkpoint)
		end.Count = uint64(len(part))
	}
	first, err := op.Marshal(g)
	if err != nil {
		return nil, err
	}
	lines := [][]byte{first}
	hashes := &reader{v: v}
	for _, r := range part {
		lines = append(lines, r.Entry)
		end.Head = chain.Hex(chain.Hash(r.Entry))
		if !picked {
			continue
		}
		path, err := tlog.ProveRecord(int64(g.Picked.Size), int64(r.Sequence)-1, hashes)
		if err != nil {
			panic(&state.Broken{Err: err})
		}
		line, err := op.Marshal(chain.Proof{Path: path})
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	last, err := op.Marshal(end)
	if err != nil {
		return nil, err
	}
	return append(bytes.Join(append(lines, last), []byte{'\n'}), '\n'), nil
}

// tree is the tree that picked entries are proven to be in: the signed one if
// it is large enough, else that of now.
func (t *trail) tree(to uint64, signed string) *chain.Picked {
	size := t.size
	if c, ok := t.vouches(to); ok && signed != "" && c.Size >= to {
		size = c.Size
	}
	return &chain.Picked{Size: size, Root: tlog.Hash(Root(t.v.Now, size))}
}

// vouches finds the checkpoint that says most about the entries up to to: the
// first that holds them all, else the newest.
func (t *trail) vouches(to uint64) (*checkpoint, bool) {
	rows := checkpoints.Scan(t.v.Now, state.Range{
		Prefix: state.Key(key.AuditCheckpoint), After: state.Key(key.AuditCheckpoint, max(to, 1)-1),
	})
	defer rows.Close()
	if rows.Next() && rows.Row().Size <= t.size {
		return rows.Row(), true
	}
	return newest(t.v.Now, to)
}

// columns are what the csv form shows of an entry.
var columns = []struct {
	name string
	of   func(e *Entry) string
}{
	{"sequence", func(e *Entry) string { return strconv.FormatUint(e.Sequence, 10) }},
	{"id", func(e *Entry) string { return string(e.ID) }},
	{"revision", func(e *Entry) string { return strconv.FormatUint(e.Revision, 10) }},
	{"timestamp", func(e *Entry) string { return e.Timestamp }},
	{"action", func(e *Entry) string { return e.Action }},
	{"operation", func(e *Entry) string { return e.Operation }},
	{"outcome", func(e *Entry) string { return e.Outcome }},
	{"actor_id", func(e *Entry) string { return string(e.ActorID) }},
	{"impersonator_id", func(e *Entry) string { return string(e.ImpersonatorID) }},
	{"credential_id", func(e *Entry) string { return string(e.CredentialID) }},
	{"request_id", func(e *Entry) string { return e.RequestID }},
	{"client", func(e *Entry) string { return e.Client }},
	{"entity", func(e *Entry) string { return e.Entity }},
	{"target_type", func(e *Entry) string { return e.TargetType }},
	{"target_id", func(e *Entry) string { return string(e.TargetID) }},
	{"scope_id", func(e *Entry) string { return string(e.ScopeID) }},
	{"environment_id", func(e *Entry) string { return string(e.EnvironmentID) }},
	{"trace_scope_id", func(e *Entry) string { return string(e.TraceScopeID) }},
	{"parent_trace_id", func(e *Entry) string { return string(e.ParentTraceID) }},
	{"before_digest", func(e *Entry) string { return e.BeforeDigest }},
	{"after_digest", func(e *Entry) string { return e.AfterDigest }},
	{"metadata", func(e *Entry) string { return string(e.Metadata) }},
	{"salt", func(e *Entry) string { return e.Salt }},
	{"previous", func(e *Entry) string { return e.Previous }},
	{"hash", func(e *Entry) string { return e.Hash }},
}

// asTable writes entries as RFC 4180 says, behind a line of names.
func asTable(part []*row) []byte {
	var b []byte
	line := func(cell func(i int) string) {
		for i := range columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, quoted(cell(i))...)
		}
		b = append(b, "\r\n"...)
	}
	line(func(i int) string { return columns[i].name })
	for _, r := range part {
		e := shown(r, parse(r))
		line(func(i int) string { return columns[i].of(&e) })
	}
	return b
}

// quoted is a cell of a table. A text that a spreadsheet would take for a
// formula gets an apostrophe in front, which spreadsheets do not show.
func quoted(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		cell = "'" + cell
	}
	if !strings.ContainsAny(cell, ",\"\r\n") {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}
