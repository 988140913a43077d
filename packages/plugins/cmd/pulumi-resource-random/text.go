package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"

	"golang.org/x/crypto/bcrypt"

	"homelab/plugins/standin"
)

// class is a kind of characters: whether it may occur, and how often it must.
type class struct {
	flag, minimum string
	characters    string
}

func classes(inputs standin.Map) []class {
	special := standin.GetTextOr(inputs, "overrideSpecial", "")
	if special == "" {
		special = "!@#$%&*()-_=+[]{}<>:?"
	}
	return []class{
		{"upper", "minUpper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"lower", "minLower", "abcdefghijklmnopqrstuvwxyz"},
		{"numeric", "minNumeric", "0123456789"},
		{"special", "minSpecial", special},
	}
}

// textDefaults: every class may occur, none must. "number" is the old name of "numeric".
func textDefaults(inputs standin.Map) standin.Map {
	numeric := standin.GetFlag(inputs, "numeric", standin.GetFlag(inputs, "number", true))
	defaults := standin.Map{"number": standin.Flag(numeric), "numeric": standin.Flag(numeric)}
	for _, name := range []string{"upper", "lower", "special"} {
		defaults[sdkKey(name)] = standin.Flag(true)
	}
	for _, name := range []string{"minUpper", "minLower", "minNumeric", "minSpecial"} {
		defaults[sdkKey(name)] = standin.Number(0)
	}
	return defaults
}

// textCanonical: no special characters of one's own is the same as not saying so.
func textCanonical(inputs standin.Map) standin.Map {
	if standin.GetTextOr(inputs, "overrideSpecial", "") == "" && !inputs["overrideSpecial"].IsComputed() {
		delete(inputs, "overrideSpecial")
	}
	return inputs
}

func validateText(inputs standin.Map) []string {
	if inputs["length"].IsComputed() {
		return nil
	}
	length, sum, some := standin.GetInt(inputs, "length", 0), 0, false
	all := textDefaults(inputs)
	for key, v := range inputs {
		all[key] = v
	}
	for _, c := range classes(inputs) {
		sum += standin.GetInt(inputs, c.minimum, 0)
		some = some || standin.GetFlag(all, c.flag, true)
	}
	var mistakes []string
	if length < 1 {
		mistakes = append(mistakes, "length must be at least 1")
	}
	if length < sum {
		mistakes = append(mistakes, fmt.Sprintf(
			"length (%d) must be at least minUpper + minLower + minNumeric + minSpecial (%d)", length, sum))
	}
	if !some && sum < length {
		mistakes = append(mistakes, "one of upper, lower, numeric and special must be true")
	}
	if a, b := inputs["number"], inputs["numeric"]; a.IsBool() && b.IsBool() && a.BoolValue() != b.BoolValue() {
		mistakes = append(mistakes, "number is the old name of numeric: give only numeric")
	}
	return mistakes
}

// generate draws the characters each class must have, then the rest from all, and shuffles.
func generate(inputs standin.Map) (string, error) {
	all := textDefaults(inputs)
	for key, v := range inputs {
		all[key] = v
	}
	var drawn []byte
	var pool string
	for _, c := range classes(inputs) {
		if standin.GetFlag(all, c.flag, true) {
			pool += c.characters
		}
		part, err := draw(c.characters, standin.GetInt(inputs, c.minimum, 0))
		if err != nil {
			return "", err
		}
		drawn = append(drawn, part...)
	}
	rest, err := draw(pool, standin.GetInt(inputs, "length", 0)-len(drawn))
	if err != nil {
		return "", err
	}
	drawn = append(drawn, rest...)
	for i := len(drawn) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		drawn[i], drawn[j] = drawn[j], drawn[i]
	}
	return string(drawn), nil
}

func draw(from string, count int) ([]byte, error) {
	drawn := make([]byte, 0, max(count, 0))
	for len(drawn) < count {
		i, err := below(len(from))
		if err != nil {
			return nil, err
		}
		drawn = append(drawn, from[i])
	}
	return drawn, nil
}

// below is a random number from 0 to n-1, each as likely as the others.
func below(n int) (int, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, err
	}
	return int(number.Int64()), nil
}

func text() standin.Resource {
	return standin.Resource{
		ReplacesAlways: true,
		Defaults:       textDefaults,
		Canonical:      textCanonical,
		Validate:       validateText,
		Create: func(_ context.Context, call standin.Call) (string, standin.Map, error) {
			result, err := generate(call.Inputs)
			return result, standin.Map{"result": standin.Text(result)}, err
		},
		// Imported by its value.
		Read: func(_ context.Context, call standin.Call) (standin.Map, bool, error) {
			return imported(call, standin.Map{"result": standin.Text(call.ID)}), true, nil
		},
	}
}

func password() standin.Resource {
	r := text()
	r.Create = func(_ context.Context, call standin.Call) (string, standin.Map, error) {
		result, err := generate(call.Inputs)
		if err != nil {
			return "", nil, err
		}
		hash, err := bcryptHash(result)
		return "none", standin.Map{"result": standin.Text(result), "bcryptHash": standin.Text(hash)}, err
	}
	r.Read = func(_ context.Context, call standin.Call) (standin.Map, bool, error) {
		if len(call.Outputs) > 0 {
			return call.Outputs, true, nil
		}
		return nil, false, fmt.Errorf("a RandomPassword cannot be imported by this stand-in: its id would keep " +
			"the password in clear")
	}
	return r
}

// bcryptHash is of the first 72 bytes: bcrypt takes no more.
func bcryptHash(secret string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(secret)[:min(len(secret), 72)], bcrypt.DefaultCost)
	return string(hash), err
}

// imported is the state after an import, or the state as it was.
func imported(call standin.Call, fresh standin.Map) standin.Map {
	if len(call.Outputs) > 0 {
		return call.Outputs
	}
	fresh["length"] = standin.Number(float64(len(call.ID)))
	for key, v := range textDefaults(standin.Map{}) {
		fresh[key] = v
	}
	return fresh
}
