package acceptance_test

import "testing"

// user makes a user as organizations have them, with an id of its own and a key.
func user(t *testing.T, name string) person {
	t.Helper()
	id := root().must(t, "POST", "/v1/principals", object{"kind": "user", "display_name": name})["id"].(string)
	return root().keyOf(t, id)
}

func (p person) keyOf(t *testing.T, id string) person {
	t.Helper()
	return person{id: id, token: p.must(t, "POST", "/v1/principals/"+id+"/keys", object{"name": "test"})["token"].(string)}
}

// acting is a host that calls in the name of a user.
func (p person) acting(user person) person { return person{id: user.id, token: p.token, as: user.id} }

// found makes an organization with a slug of its own, and gives its id and the
// id of its owner's membership.
func (p person) found(t *testing.T) (org, owner string) {
	t.Helper()
	made := p.must(t, "POST", "/v1/orgs", object{"name": "Acme", "slug": "acme-" + random()})
	return made["org"].(object)["id"].(string), made["owner_membership"].(object)["id"].(string)
}

// everywhere asks each node and checks that all give one status and code.
func (p person) everywhere(t *testing.T, method, path string, body any, status int, code string) {
	t.Helper()
	for node := range 3 {
		p.at(t, node, method, path, body).is(t, status, code)
	}
}
