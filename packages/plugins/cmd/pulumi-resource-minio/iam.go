package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/minio/madmin-go/v3"
	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"homelab/plugins/standin"
)

// The server's names for what is not there, and for what is as wanted already.
const (
	noSuchUser     = "XMinioAdminNoSuchUser"
	noSuchPolicy   = "XMinioAdminNoSuchPolicy"
	alreadyApplied = "XMinioAdminPolicyChangeAlreadyApplied"
)

func (s *server) user() standin.Resource {
	return standin.Resource{
		Autoname: "name",
		Defaults: func(standin.Map) standin.Map {
			return standin.Map{
				"disableUser": standin.Flag(false), "forceDestroy": standin.Flag(false),
				"updateSecret": standin.Flag(false),
			}
		},
		Create: func(ctx context.Context, call standin.Call) (string, standin.Map, error) {
			name := standin.GetTextOr(call.Inputs, "name", "")
			secret, given := standin.GetText(call.Inputs, "secret")
			if !given {
				secret = generateSecret()
			}
			outputs, err := s.setUser(ctx, name, secret, call)
			return name, outputs, err
		},
		Update: func(ctx context.Context, call standin.Call) (standin.Map, error) {
			secret, given := standin.GetText(call.Inputs, "secret")
			if !given {
				secret = standin.GetTextOr(call.Outputs, "secret", "")
			}
			if standin.GetFlag(call.Inputs, "updateSecret", false) {
				secret = generateSecret()
			}
			return s.setUser(ctx, call.ID, secret, call)
		},
		Read: func(ctx context.Context, call standin.Call) (standin.Map, bool, error) {
			info, err := s.admin.GetUserInfo(ctx, call.ID)
			if err != nil {
				if code(err) == noSuchUser {
					return nil, false, nil
				}
				return nil, false, fmt.Errorf("user %s: %w", call.ID, err)
			}
			return standin.Map{
				"name":        standin.Text(call.ID),
				"status":      standin.Text(string(info.Status)),
				"disableUser": standin.Flag(info.Status == madmin.AccountDisabled),
			}, true, nil
		},
		Delete: s.deleteUser,
	}
}

func generateSecret() string {
	drawn := make([]byte, 40)
	_, _ = rand.Read(drawn) // Never fails: crypto/rand stops the program instead.
	return base64.RawURLEncoding.EncodeToString(drawn)[:40]
}

func (s *server) setUser(ctx context.Context, name, secret string, call standin.Call) (standin.Map, error) {
	status := madmin.AccountEnabled
	if standin.GetFlag(call.Inputs, "disableUser", false) {
		status = madmin.AccountDisabled
	}
	if err := s.admin.SetUser(ctx, name, secret, status); err != nil {
		return nil, fmt.Errorf("user %s: %w", name, err)
	}
	return standin.Map{"secret": standin.Text(secret), "status": standin.Text(string(status))}, nil
}

// deleteUser takes the user out of its groups first: a member cannot be deleted.
func (s *server) deleteUser(ctx context.Context, call standin.Call) error {
	info, err := s.admin.GetUserInfo(ctx, call.ID)
	for _, group := range info.MemberOf {
		if err == nil {
			err = s.admin.UpdateGroupMembers(ctx, madmin.GroupAddRemove{
				Group: group, Members: []string{call.ID}, IsRemove: true,
			})
		}
	}
	if err == nil {
		err = s.admin.RemoveUser(ctx, call.ID)
	}
	if err != nil && code(err) != noSuchUser {
		return fmt.Errorf("user %s: %w", call.ID, err)
	}
	return nil
}

func (s *server) policy() standin.Resource {
	return standin.Resource{
		Autoname:       "name",
		AutonameUnless: "namePrefix",
		Canonical: func(inputs standin.Map) standin.Map {
			if text, given := standin.GetText(inputs, "policy"); given {
				inputs["policy"] = standin.Text(normal(text))
			}
			return inputs
		},
		Validate: func(inputs standin.Map) []string {
			var mistakes []string
			_, named := standin.GetText(inputs, "name")
			if _, prefixed := standin.GetText(inputs, "namePrefix"); named && prefixed {
				mistakes = append(mistakes, "give name or namePrefix, not both")
			}
			if text, given := standin.GetText(inputs, "policy"); given &&
				(!json.Valid([]byte(text)) || !strings.HasPrefix(text, "{")) {
				mistakes = append(mistakes, "policy must be a policy document in JSON")
			}
			return mistakes
		},
		Create: func(ctx context.Context, call standin.Call) (string, standin.Map, error) {
			name, given := standin.GetText(call.Inputs, "name")
			if !given {
				var err error
				if name, err = sdk.NewUniqueHex(standin.GetTextOr(call.Inputs, "namePrefix", ""), 26, 128); err != nil {
					return "", nil, err
				}
			}
			return name, standin.Map{"name": standin.Text(name)}, s.setPolicy(ctx, name, call)
		},
		Update: func(ctx context.Context, call standin.Call) (standin.Map, error) {
			return standin.Map{"name": standin.Text(call.ID)}, s.setPolicy(ctx, call.ID, call)
		},
		Read: s.readPolicy,
		Delete: func(ctx context.Context, call standin.Call) error {
			if err := s.admin.RemoveCannedPolicy(ctx, call.ID); err != nil && code(err) != noSuchPolicy {
				return fmt.Errorf("policy %s: %w", call.ID, err)
			}
			return nil
		},
	}
}

func (s *server) setPolicy(ctx context.Context, name string, call standin.Call) error {
	document := standin.GetTextOr(call.Inputs, "policy", "")
	if err := s.admin.AddCannedPolicy(ctx, name, []byte(document)); err != nil {
		return fmt.Errorf("policy %s: %w", name, err)
	}
	return nil
}

// readPolicy keeps the text in the state where the server's document means the same.
func (s *server) readPolicy(ctx context.Context, call standin.Call) (standin.Map, bool, error) {
	info, err := s.admin.InfoCannedPolicyV2(ctx, call.ID)
	if err != nil {
		if code(err) == noSuchPolicy {
			return nil, false, nil
		}
		return nil, false, fmt.Errorf("policy %s: %w", call.ID, err)
	}
	document := string(bytes.TrimSpace(info.Policy))
	if known, ok := standin.GetText(call.Outputs, "policy"); ok && normal(known) == normal(document) {
		document = known
	}
	return standin.Map{"name": standin.Text(call.ID), "policy": standin.Text(document)}, true, nil
}

// normal is a policy document in one spelling: sorted keys and lists, single values as lists, empty
// parts left out. Lists in a policy are sets.
func normal(document string) string {
	var parsed any
	if err := json.Unmarshal([]byte(document), &parsed); err != nil {
		return document
	}
	text, err := json.Marshal(sorted(parsed, ""))
	if err != nil {
		return document
	}
	return string(text)
}

func sorted(v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, item := range v {
			if item != "" {
				kept[name] = sorted(item, name)
			}
		}
		return kept
	case []any:
		items := make([]any, 0, len(v))
		for _, item := range v {
			items = append(items, sorted(item, ""))
		}
		slices.SortFunc(items, func(a, b any) int {
			left, _ := json.Marshal(a) // Both came out of JSON.
			right, _ := json.Marshal(b)
			return bytes.Compare(left, right)
		})
		return items
	default:
		if slices.Contains([]string{"Action", "NotAction", "Resource", "NotResource", "AWS"}, key) {
			return []any{v}
		}
		return v
	}
}

func (s *server) attachment() standin.Resource {
	names := func(inputs standin.Map) (user, policy string) {
		return standin.GetTextOr(inputs, "userName", ""), standin.GetTextOr(inputs, "policyName", "")
	}
	return standin.Resource{
		Create: func(ctx context.Context, call standin.Call) (string, standin.Map, error) {
			user, policy := names(call.Inputs)
			_, err := s.admin.AttachPolicy(ctx, madmin.PolicyAssociationReq{Policies: []string{policy}, User: user})
			if err != nil && code(err) != alreadyApplied {
				return "", nil, fmt.Errorf("policy %s for user %s: %w", policy, user, err)
			}
			id, err := sdk.NewUniqueHex(user+"-", 26, 0)
			return id, nil, err
		},
		Read: func(ctx context.Context, call standin.Call) (standin.Map, bool, error) {
			user, policy := names(call.Outputs)
			if user == "" { // Imported, as USER/POLICY.
				var ok bool
				if user, policy, ok = strings.Cut(call.ID, "/"); !ok {
					return nil, false, fmt.Errorf("id %q of a policy attachment: it must be USER/POLICY", call.ID)
				}
			}
			info, err := s.admin.GetUserInfo(ctx, user)
			if err != nil && code(err) != noSuchUser {
				return nil, false, fmt.Errorf("user %s: %w", user, err)
			}
			found := slices.Contains(strings.Split(info.PolicyName, ","), policy)
			return standin.Map{"userName": standin.Text(user), "policyName": standin.Text(policy)}, found, nil
		},
		Delete: func(ctx context.Context, call standin.Call) error {
			user, policy := names(call.Outputs)
			_, err := s.admin.DetachPolicy(ctx, madmin.PolicyAssociationReq{Policies: []string{policy}, User: user})
			if err != nil && !slices.Contains([]string{noSuchUser, noSuchPolicy, alreadyApplied}, code(err)) {
				return fmt.Errorf("policy %s of user %s: %w", policy, user, err)
			}
			return nil
		},
	}
}
