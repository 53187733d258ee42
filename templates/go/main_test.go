package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// `knap ci -- go test -count=1 ./...` starts the Service and sets KNAP_URL.
func TestGreets(t *testing.T) {
	url := os.Getenv("KNAP_URL")
	if url == "" {
		t.Skip("KNAP_URL is not set")
	}
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || !strings.HasPrefix(string(body), "Hello World!") {
		t.Errorf("got %s, %q", response.Status, body)
	}
}
