// A minimal Service: answers every request with a greeting and the name of its revision.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func greet(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "Hello %s! I am %s.\n", env("TARGET", "World"), env("K_REVISION", "no revision"))
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()

	server := &http.Server{Addr: ":" + env("PORT", "8080"), Handler: http.HandlerFunc(greet)}
	go func() {
		log.Printf("listening on %s", server.Addr)
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()

	// Knative sends SIGTERM before it stops a container: finish open requests, then exit.
	<-ctx.Done()
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
}
