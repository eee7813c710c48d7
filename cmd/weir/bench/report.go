package bench

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/weir-store/weir/core/fault"
)

// Report is what was measured. Latencies are those of calls that succeeded.
type Report struct {
	Workload     string               `json:"workload"`
	As           string               `json:"as"`
	Clients      int                  `json:"clients"`
	Rate         float64              `json:"rate,omitempty"`
	Size         int                  `json:"size"`
	Seconds      float64              `json:"seconds"`
	Operations   int64                `json:"operations"`
	OpsPerSecond float64              `json:"ops_per_second"`
	P50          float64              `json:"p50_ms"`
	P90          float64              `json:"p90_ms"`
	P99          float64              `json:"p99_ms"`
	P999         float64              `json:"p999_ms"`
	Max          float64              `json:"max_ms"`
	Errors       int64                `json:"errors"`
	ErrorCodes   map[fault.Code]int64 `json:"error_codes,omitempty"`
	FirstError   string               `json:"first_error,omitempty"`

	histogram *hdrhistogram.Histogram
}

func (r *run) report(clients []*client) (*Report, error) {
	total := hdrhistogram.New(shortest, longest, digits)
	out := &Report{
		Workload: r.Workload, As: "owner", Clients: r.Clients, Rate: r.Rate, Size: r.Size,
		Seconds: r.Duration.Seconds(), ErrorCodes: map[fault.Code]int64{}, histogram: total,
	}
	if r.Member {
		out.As = "member"
	}
	for _, c := range clients {
		if dropped := total.Merge(c.histogram); dropped != 0 {
			return nil, fmt.Errorf("%d latencies do not fit into one histogram", dropped)
		}
		for code, n := range c.failed {
			out.ErrorCodes[code] += n
			out.Errors += n
		}
		if c.first != nil && out.FirstError == "" {
			out.FirstError = c.first.Error()
		}
	}
	out.Operations = total.TotalCount()
	out.OpsPerSecond = round(float64(out.Operations) / out.Seconds)
	ms := func(percent float64) float64 { return round(float64(total.ValueAtQuantile(percent)) / 1000) }
	out.P50, out.P90, out.P99, out.P999, out.Max = ms(50), ms(90), ms(99), ms(99.9), ms(100)
	return out, nil
}

func round(f float64) float64 { return math.Round(f*1000) / 1000 }

// width is the length of the longest bar of a picture.
const width = 40

// Picture draws the latencies as bars, one for each doubling.
func (r *Report) Picture(w io.Writer) error {
	type bar struct {
		upTo  int64
		count int64
	}
	var bars []bar
	var most int64
	for upTo := int64(64); ; upTo *= 2 {
		var n int64
		for _, b := range r.histogram.Distribution() {
			if b.To <= upTo && b.To > upTo/2 || upTo == 64 && b.To <= upTo {
				n += b.Count
			}
		}
		if n > 0 || len(bars) > 0 {
			bars = append(bars, bar{upTo, n})
			most = max(most, n)
		}
		if upTo >= r.histogram.Max() {
			break
		}
	}
	for _, b := range bars {
		line := strings.Repeat("█", int((b.count*width+most-1)/max(most, 1)))
		if _, err := fmt.Fprintf(w, "%9.2f ms  %-*s %d\n", float64(b.upTo)/1000, width, line, b.count); err != nil {
			return err
		}
	}
	return nil
}
