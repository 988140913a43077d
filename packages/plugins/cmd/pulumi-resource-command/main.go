// Command pulumi-resource-command stands in for the official command plugin: remote.Command over SSH
// and local.Command.
package main

import "homelab/plugins/standin"

func main() {
	standin.Serve("command", map[string]standin.Resource{
		"command:remote:Command": resource(remote, map[string]string{
			"connection.proxy": "it does not go through a jump host",
		}, remoteOutputsFollow),
		"command:local:Command": resource(local, map[string]string{
			"assetPaths":   "it does not gather files",
			"archivePaths": "it does not gather files",
		}, localOutputsFollow),
	}, nil)
}
