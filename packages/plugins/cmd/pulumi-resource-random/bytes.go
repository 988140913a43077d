package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"homelab/plugins/standin"
)

func sdkKey(name string) sdk.PropertyKey { return sdk.PropertyKey(name) }

func random(count int) ([]byte, error) {
	drawn := make([]byte, count)
	_, err := rand.Read(drawn)
	return drawn, err
}

// atLeastOne refuses a size below 1.
func atLeastOne(size string) func(standin.Map) []string {
	return func(inputs standin.Map) []string {
		if v := inputs[sdkKey(size)]; v.IsNumber() && v.NumberValue() < 1 {
			return []string{size + " must be at least 1"}
		}
		return nil
	}
}

// identifier is RandomId: the same bytes in four spellings, each after the prefix.
func identifier() standin.Resource {
	return standin.Resource{
		ReplacesAlways: true,
		Validate:       atLeastOne("byteLength"),
		Create: func(_ context.Context, call standin.Call) (string, standin.Map, error) {
			drawn, err := random(standin.GetInt(call.Inputs, "byteLength", 1))
			if err != nil {
				return "", nil, err
			}
			prefix := standin.GetTextOr(call.Inputs, "prefix", "")
			id := base64.RawURLEncoding.EncodeToString(drawn)
			return id, standin.Map{
				"b64Url": standin.Text(prefix + id),
				"b64Std": standin.Text(prefix + base64.StdEncoding.EncodeToString(drawn)),
				"hex":    standin.Text(prefix + hex.EncodeToString(drawn)),
				"dec":    standin.Text(prefix + new(big.Int).SetBytes(drawn).String()),
			}, nil
		},
	}
}

// data is RandomBytes.
func data() standin.Resource {
	return standin.Resource{
		ReplacesAlways: true,
		Validate:       atLeastOne("length"),
		Create: func(_ context.Context, call standin.Call) (string, standin.Map, error) {
			drawn, err := random(standin.GetInt(call.Inputs, "length", 1))
			return "none", standin.Map{
				"base64": standin.Text(base64.StdEncoding.EncodeToString(drawn)),
				"hex":    standin.Text(hex.EncodeToString(drawn)),
			}, err
		},
	}
}

// uuid is RandomUuid, version 4.
func uuid() standin.Resource {
	return standin.Resource{
		ReplacesAlways: true,
		Create: func(_ context.Context, call standin.Call) (string, standin.Map, error) {
			drawn, err := random(16)
			if err != nil {
				return "", nil, err
			}
			drawn[6], drawn[8] = drawn[6]&0x0f|0x40, drawn[8]&0x3f|0x80
			result := fmt.Sprintf("%x-%x-%x-%x-%x", drawn[:4], drawn[4:6], drawn[6:8], drawn[8:10], drawn[10:])
			return result, standin.Map{"result": standin.Text(result)}, nil
		},
	}
}
