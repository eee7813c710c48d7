package setting

import (
	"fmt"
	"strings"
)

// Sample is a configuration file with every setting commented out at its
// default, and what it is for.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Settings of weir serve: weir serve --config weir.conf\n")
	b.WriteString("# Each is also a flag (--node-id) and a variable (WEIR_NODE_ID). A flag wins over\n")
	b.WriteString("# the environment, the environment over this file. Secrets are variables only.\n")
	for _, s := range all {
		b.WriteString("\n")
		for _, line := range wrap("# ", s.Doc) {
			b.WriteString(line + "\n")
		}
		if s.Secret {
			fmt.Fprintf(&b, "# Set %s in the environment.\n", s.Env())
			continue
		}
		value := s.Default
		if value == "" {
			value = s.Value
		}
		fmt.Fprintf(&b, "#%s = %s\n", s.Name, value)
	}
	return b.String()
}

// Reference is the page about settings, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Settings\n\n")
	b.WriteString("What `weir serve` can be told. A flag wins over the environment, the environment over the file that `--config` names.\n")
	b.WriteString("`deploy/weir.conf.sample` has a line for each. A wrong setting ends the program with status 2 before anything is touched.\n\n")
	b.WriteString("| flag and line of the file | variable | value | default | what it is |\n|---|---|---|---|---|\n")
	for _, s := range all {
		flag, value, def := "`--"+s.Name+"`", "`"+strings.ReplaceAll(s.Value, "|", "\\|")+"`", "`"+s.Default+"`"
		if s.Secret {
			flag = "variable only"
		}
		if s.Switch() {
			value = "`true`, `false`"
		}
		if s.Default == "" {
			def = ""
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", flag, s.Env(), value, def, s.Doc)
	}
	return b.String()
}

// lineWidth is where comments of the sample are broken.
const lineWidth = 80

func wrap(prefix, text string) []string {
	var lines []string
	line := strings.TrimRight(prefix, " ")
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > lineWidth {
			lines = append(lines, line)
			line = strings.TrimRight(prefix, " ")
		}
		line += " " + word
	}
	return append(lines, line)
}
