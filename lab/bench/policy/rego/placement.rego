# The placement rule as far as these workloads break it, for conftest: claims, hostPath, claim templates.
package main

import rego.v1

network := {"nfs-client"}

plumbing := ["/dev", "/sys", "/proc", "/run", "/var/run", "/etc/localtime", "/usr/share/zoneinfo"]

spec := input.spec if input.kind == "Pod"

spec := input.spec.template.spec if input.kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}

spec := input.spec.jobTemplate.spec.template.spec if input.kind == "CronJob"

lands if not object.get(spec, ["nodeSelector", "kubernetes.io/hostname"], "compute") in {"storage", "desktop"}

is_plumbing(path) if {
	some root in plumbing
	startswith(path, root)
}

containers := array.concat(object.get(spec, "containers", []), object.get(spec, "initContainers", []))

deny contains message if {
	lands
	some volume in spec.volumes
	path := volume.hostPath.path
	not is_plumbing(path)
	some container in containers
	some mount in container.volumeMounts
	mount.name == volume.name
	not object.get(mount, "readOnly", false)
	message := sprintf("%s: volume %s is a writable hostPath", [input.metadata.name, volume.name])
}

deny contains message if {
	lands
	some claim in input.spec.volumeClaimTemplates
	not object.get(claim, ["spec", "storageClassName"], "") in network
	message := sprintf("%s: claim %s is node-local", [input.metadata.name, claim.metadata.name])
}
