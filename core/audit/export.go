package audit

import (
	"bytes"
	"strconv"
	"strings"

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
	Doc: "One answer holds at most 20,000 entries and about 8 MiB. The last line of the ndjson form names the entry that follows, if there is one, as next; " +
		"the answers can be written behind each other into one file.",
	Route:   "GET /v1/audit/export",
	Access:  op.Holding[ExportInput]("export", op.ReadAudit),
	Faults:  []fault.Code{fault.MalformedRequest},
	Example: ExportInput{From: 1, To: 2},
	Result:  op.Raw{ContentType: ndjsonType},
	Validate: func(in *ExportInput) *fault.Fault {
		if in.To != 0 && in.From > in.To {
			return inverted("to", "must not be before from")
		}
		return nil
	},
}, func(v *op.View, in ExportInput) (op.Raw, error) {
	t := open(v)
	from := max(in.From, t.base+1)
	if from > t.size+1 {
		return op.Raw{}, beyond("from", "the trail has fewer entries")
	}
	part, to := t.part(from, in.To)
	v.Traced(op.Record{
		Action: "export", Operation: "audit.export", Entity: EntityAudit, TargetType: EntityAudit, TargetID: EntityAudit,
		Metadata: []fault.Member{{Name: "from", Value: from}, {Name: "to", Value: to}},
	})
	if in.Format == "csv" {
		return op.Raw{ContentType: "text/csv; charset=utf-8", Body: table(part)}, nil
	}
	body, err := t.segment(part, from, to)
	return op.Raw{ContentType: ndjsonType, Body: body}, err
})

const ndjsonType = "application/x-ndjson"

// part reads entries from..to as far as the bounds go; to is the last of them.
func (t *trail) part(from, to uint64) (part []*row, last uint64) {
	if to == 0 {
		to = t.size
	}
	to = min(to, t.size, from+maxExport-1)
	size := 0
	rows := entries.Scan(t.v.Now, state.Range{Prefix: state.Key(key.Audit), After: state.Key(key.Audit, from-1)})
	defer rows.Close()
	for n := from; n <= to && size < maxExportBytes && rows.Next(); n++ {
		part = append(part, rows.Row())
		size += len(rows.Row().Entry)
	}
	return part, from - 1 + uint64(len(part))
}

// segment writes a part as chain.Export reads it.
func (t *trail) segment(part []*row, from, to uint64) ([]byte, error) {
	v := t.v.Now
	start := anchor(v, from-1)
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
			if c.Size > to && to > 0 {
				g.Consistency = proveTree(v, to, c.Size)
			}
		}
	}
	end := chain.End{Head: chain.Hex(start.Hash)}
	if to < t.size {
		end.Next = to + 1
	}
	first, err := op.Marshal(g)
	if err != nil {
		return nil, err
	}
	lines := [][]byte{first}
	for _, r := range part {
		lines = append(lines, r.Entry)
		end.Head = chain.Hex(chain.Hash(r.Entry))
	}
	last, err := op.Marshal(end)
	if err != nil {
		return nil, err
	}
	return append(bytes.Join(append(lines, last), []byte{'\n'}), '\n'), nil
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
	{"entity", func(e *Entry) string { return e.Entity }},
	{"target_type", func(e *Entry) string { return e.TargetType }},
	{"target_id", func(e *Entry) string { return string(e.TargetID) }},
	{"scope_id", func(e *Entry) string { return string(e.ScopeID) }},
	{"parent_trace_id", func(e *Entry) string { return string(e.ParentTraceID) }},
	{"before_digest", func(e *Entry) string { return e.BeforeDigest }},
	{"after_digest", func(e *Entry) string { return e.AfterDigest }},
	{"metadata", func(e *Entry) string { return string(e.Metadata) }},
	{"previous", func(e *Entry) string { return e.Previous }},
	{"hash", func(e *Entry) string { return e.Hash }},
}

// table writes entries as RFC 4180 says, behind a line of names.
func table(part []*row) []byte {
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
