// Command pulumi-resource-random stands in for the official random plugin. Every change makes a
// random resource anew; a value given in another way (a default spelled out) is no change.
package main

import "homelab/plugins/standin"

func main() {
	standin.Serve("random", map[string]standin.Resource{
		"random:index/randomPassword:RandomPassword": password(),
		"random:index/randomString:RandomString":     text(),
		"random:index/randomId:RandomId":             identifier(),
		"random:index/randomBytes:RandomBytes":       data(),
		"random:index/randomUuid:RandomUuid":         uuid(),
	}, nil)
}
