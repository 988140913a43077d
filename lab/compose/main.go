// compose-check FILE: reads a compose file as Docker Compose does, by its own library: the specification's schema,
// interpolation, env_file and all. Prints the project as JSON; ends with 1 and a sentence when Compose would not take it.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/dotenv"
)

// Docker Compose adds this format to its library's: a line NAME=value each, taken as it is.
func raw(from io.Reader, _ string, to map[string]string, _ func(string) (string, bool)) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		name, value, found := strings.Cut(lines.Text(), "=")
		if !found {
			return fmt.Errorf("a line without =")
		}
		to[name] = value
	}
	return lines.Err()
}

func main() {
	dotenv.RegisterFormat("raw", raw)
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	text, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
