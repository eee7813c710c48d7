package output_test

import (
	"strings"
	"testing"

	"github.com/weir-store/weir/cmd/weir/output"
)

func TestShow(t *testing.T) {
	for _, row := range []struct {
		name   string
		format output.Format
		reply  string
		want   string
	}{
		{
			"an object keeps its order", output.Table, `{"id":"a","version":9007199254740993,"data":{"b": 1,"a":[]},"none":null}`,
			"id       a\nversion  9007199254740993\ndata     {\"b\":1,\"a\":[]}\nnone     -\n",
		},
		{
			"a page is a table of its items", output.Table, `{"items":[{"id":"a","n":1},{"id":"long","m":true}],"next_cursor":null,"has_more":false}`,
			"ID    N  M\na     1\nlong     true\n",
		},
		{
			"a page that goes on says how", output.Table, `{"items":[{"id":"a"}],"next_cursor":"c1","has_more":true}`,
			"ID\na\n\nmore: --cursor c1, or --all\n",
		},
		{"an empty page", output.Table, `{"items":[],"next_cursor":null,"has_more":false}`, "none\n"},
		{
			"a list inside an object is a table below it", output.Table, `{"nodes":[{"id":"n1"}],"leader":"n1"}`,
			"leader  n1\n\nnodes\nID\nn1\n",
		},
		{"a list of words", output.Table, `["a","b"]`, "a\nb\n"},
		{"no control reaches the terminal", output.Table, `{"title":"a\u001b[2Jb\u009bc\u202ed\ne"}`, "title  a\uFFFD[2Jb\uFFFDc\uFFFDd e\n"},
		{"wide cells of a table are cut", output.Table, `[{"x":"` + strings.Repeat("é", 70) + `"}]`, "X\n" + strings.Repeat("é", 63) + "…\n"},
		{"JSON is one line, lexemes as they were", output.JSON, "{\"a\": 1.10,\n \"b\":\"\\u001b\"}", "{\"a\":1.10,\"b\":\"\\u001b\"}\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var b strings.Builder
			if err := output.Show(&b, row.format, []byte(row.reply)); err != nil {
				t.Fatal(err)
			}
			if b.String() != row.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), row.want)
			}
		})
	}
}

func TestShowRefusesWhatIsNoJSON(t *testing.T) {
	for _, reply := range []string{``, `{`, `{"a":}`, `<html>`} {
		for _, f := range []output.Format{output.Table, output.JSON} {
			if err := output.Show(&strings.Builder{}, f, []byte(reply)); err == nil {
				t.Errorf("%q was shown as %s", reply, f)
			}
		}
	}
}
