package rest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/weir-store/weir/core/op"
)

// place is where things of some kinds are shown: the path of what gets them, up
// to the id.
type place struct {
	noun, path string
	prefixes   []string
}

// places are those of a catalog, in its order.
func places(c *op.Catalog) []place {
	var found []place
	for _, o := range c.Operations() {
		path, ok := strings.CutSuffix(o.Path, "/{id}")
		if o.Verb != "get" || !ok || strings.Contains(path, "{") {
			continue
		}
		for _, f := range o.Input.Fields {
			if f.Name == "id" && f.Path {
				found = append(found, place{o.Noun, path + "/", f.Prefixes})
			}
		}
	}
	return found
}

// location is the path of what an operation on a noun created, "" if it has
// none: that of its noun, if such an id fits there, else that of its kind of id.
func (s *server) location(noun string, output []byte) (string, error) {
	id, err := idOf(noun, output)
	if err != nil || id == "" {
		return "", err
	}
	prefix, _, _ := strings.Cut(id, "_")
	best := ""
	for _, p := range s.places {
		if !slices.Contains(p.prefixes, prefix) && (p.noun != noun || !slices.Contains(p.prefixes, "principal")) {
			continue
		}
		if p.noun == noun || best == "" {
			best = p.path + url.PathEscape(id)
		}
		if p.noun == noun {
			break
		}
	}
	return best, nil
}

// idOf is the id of what was created: that of the answer, or of the member of it
// that is named after the noun, where a secret or something else stands beside.
func idOf(noun string, output []byte) (string, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(output, &members); err != nil {
		return "", err
	}
	var id string
	raw, ok := members["id"]
	if !ok {
		if members[noun] == nil {
			return "", nil
		}
		var created struct {
			ID string `json:"id"`
		}
		err := json.Unmarshal(members[noun], &created)
		return created.ID, err
	}
	err := json.Unmarshal(raw, &id)
	return id, err
}
