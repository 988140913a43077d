/** Names of drivers, by where they keep data. Tables, no logic. */

/** Provisioners whose volumes are directories, partitions or logical volumes of one node. */
export const localProvisioner =
  /local|hostpath|no-provisioner|topolvm|lvm|zfs|carina|open-local|device-mapper|directpv|hwameistor|rawfile/i;

/** CSI drivers and in-tree plugins whose volumes are surely off the node. */
export const networkDriver =
  /(^|[./-])(nfs|smb|cifs|samba|ceph|cephfs|rbd|iscsi|glusterfs|fsx|efs|ebs|s3|seaweedfs|juicefs|gcsfuse)([./-]|$)|gce-pd|pd\.csi\.storage|filestore|azure|disk\.csi|file\.csi|cinder|digitalocean|hetzner|hcloud|linode|vultr|vsphere|synology|truenas|freenas|democratic-csi|netapp|trident|exoscale|scaleway|upcloud|lustre|beegfs|weka|purestorage|pure-csi|powerscale|isilon|powerstore|powerflex|unity|nutanix|manila|quobyte|storpool|hpe\.com|hitachi|infinidat|infinibox|qnap|ontap|ibm\.com|oraclecloud|alibabacloud|moosefs|cubefs|curve|hammerspace|vast|sshfs|rclone|webdav/i;

/** Types of mounts that are network file systems. */
export const networkTypes =
  /^(nfs|nfs4|cifs|smb|smb3|smbfs|ceph|cephfs|glusterfs|9p|fuse\.sshfs|fuse\.s3fs|fuse\.rclone)$/i;

/** Volume plugins of container engines whose data is off the node. */
export const networkVolumePlugins =
  /nfs|cifs|smb|samba|sshfs|ceph|rbd|gluster|iscsi|(^|[/-])s3|rclone|efs|netshare/i;
