package main

import (
	"context"
	"strings"

	"golang.org/x/crypto/ssh"

	"homelab/plugins/standin"
)

// remote runs a job over SSH. A server that does not accept a variable of the environment (AcceptEnv
// in sshd_config) makes the official plugin go on without it, and this one too.
func remote(ctx context.Context, job job) error {
	client, err := dial(ctx, standin.GetMap(job.inputs, "connection"))
	if err != nil {
		return &dialError{err}
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return &dialError{err}
	}
	defer session.Close()
	for name, value := range job.environment {
		_ = session.Setenv(name, value)
	}
	if job.stdin != "" {
		session.Stdin = strings.NewReader(job.stdin)
	}
	session.Stdout, session.Stderr = job.stdout, job.stderr

	stop := context.AfterFunc(ctx, func() {
		_ = session.Signal(ssh.SIGTERM)
		client.Close()
	})
	defer stop()
	return session.Run(job.command)
}
