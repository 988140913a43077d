// A stand-in for Pulumi's kubernetes plugin: any kind of object, by server-side apply, awaited as the
// official one awaits it. The state has the official one's form, so that either can take over.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"homelab/plugins/standin"
)

func main() {
	standin.ServeProvider("kubernetes", func(log standin.Logger) (plugin.Provider, error) {
		return newProvider(log)
	})
}
