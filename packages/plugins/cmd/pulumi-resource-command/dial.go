package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"homelab/plugins/standin"
)

// dialError marks what went wrong before the command was run.
type dialError struct{ cause error }

func (e *dialError) Error() string { return e.cause.Error() }
func (e *dialError) Unwrap() error { return e.cause }

// errOtherKey is final: waiting does not make another machine the right one.
var errOtherKey = errors.New("it answers with another host key than connection.hostKey")

// Pauses between attempts grow by half, from the first to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// dial connects, and tries again as often as connection.dialErrorLimit (10) allows; -1 is for ever.
func dial(ctx context.Context, connection standin.Map) (*ssh.Client, error) {
	config, err := clientConfig(ctx, connection)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(standin.GetTextOr(connection, "host", ""),
		strconv.Itoa(standin.GetInt(connection, "port", 22)))
	limit := standin.GetInt(connection, "dialErrorLimit", 10)
	for errs, pause := 0, firstPause; ; pause = min(pause*3/2, longestPause) {
		client, err := attempt(ctx, address, config)
		if err == nil {
			return client, nil
		}
		errs++
		if errors.Is(err, errOtherKey) || ctx.Err() != nil || (limit >= 0 && errs > limit) {
			return nil, fmt.Errorf("ssh to %s: after %d attempts: %w", address, errs, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// attempt is one connection; config.Timeout limits the handshake too, not only the connect.
func attempt(ctx context.Context, address string, config *ssh.ClientConfig) (*ssh.Client, error) {
	dialer := net.Dialer{Timeout: config.Timeout}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if config.Timeout > 0 {
		if err := connection.SetDeadline(time.Now().Add(config.Timeout)); err != nil {
			connection.Close()
			return nil, err
		}
	}
	client, channels, requests, err := ssh.NewClientConn(connection, address, config)
	if err != nil {
		connection.Close()
		return nil, err
	}
	return ssh.NewClient(client, channels, requests), connection.SetDeadline(time.Time{})
}

func clientConfig(ctx context.Context, connection standin.Map) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{
		User:            standin.GetTextOr(connection, "user", "root"),
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), //nolint:gosec // The official plugin's default.
		Timeout:         time.Duration(standin.GetInt(connection, "perDialTimeout", 15)) * time.Second,
	}
	if text, ok := standin.GetText(connection, "hostKey"); ok {
		if err := expect(config, text); err != nil {
			return nil, err
		}
	}
	if key, ok := standin.GetText(connection, "privateKey"); ok {
		signer, err := parseKey(key, connection)
		if err != nil {
			return nil, fmt.Errorf("connection.privateKey: %w", err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if password, ok := standin.GetText(connection, "password"); ok {
		config.Auth = append(config.Auth, ssh.Password(password), ssh.KeyboardInteractive(
			func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = password
				}
				return answers, nil
			}))
	}
	if path := standin.GetTextOr(connection, "agentSocketPath", os.Getenv("SSH_AUTH_SOCK")); path != "" {
		socket, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
		if err != nil {
			return nil, fmt.Errorf("SSH agent at %s: %w", path, err)
		}
		config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(socket).Signers))
	}
	return config, nil
}

func parseKey(key string, connection standin.Map) (ssh.Signer, error) {
	if password, ok := standin.GetText(connection, "privateKeyPassword"); ok {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(key), []byte(password))
	}
	return ssh.ParsePrivateKey([]byte(key))
}

// expect lets only the given host key pass ("ssh-ed25519 AAAA..."), and asks the server for that kind.
func expect(config *ssh.ClientConfig, text string) error {
	wanted, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
	if err != nil {
		return fmt.Errorf("connection.hostKey must read like \"ssh-ed25519 AAAA...\": %w", err)
	}
	config.HostKeyAlgorithms = []string{wanted.Type()}
	if wanted.Type() == ssh.KeyAlgoRSA {
		config.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if !bytes.Equal(key.Marshal(), wanted.Marshal()) {
			return errOtherKey
		}
		return nil
	}
	return nil
}
