package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"homelab/plugins/standin"
)

// local runs a job on this machine, by `/bin/sh -c` unless another interpreter is given.
func local(ctx context.Context, job job) error {
	interpreter := standin.GetTexts(job.inputs, "interpreter")
	if len(interpreter) == 0 {
		interpreter = []string{"/bin/sh", "-c"}
	}
	cmd := exec.CommandContext(ctx, interpreter[0], append(interpreter[1:], job.command)...)
	// What the interpreter has started ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = standin.GetTextOr(job.inputs, "dir", "")
	cmd.Env = os.Environ()
	for name, value := range job.environment {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if job.stdin != "" {
		cmd.Stdin = strings.NewReader(job.stdin)
	}
	cmd.Stdout, cmd.Stderr = job.stdout, job.stderr
	return cmd.Run()
}
