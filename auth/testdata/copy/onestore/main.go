// Command onestore uses copies of package auth and of one store.
package main

import (
	"fmt"
	"log"

	"example.com/another/auth"
	"example.com/another/auth/store/redis"
)

func main() {
	sessions, err := redis.Open("redis://localhost:6379/0")
	if err != nil {
		log.Fatal(err)
	}
	defer sessions.Close()
	_, err = auth.New(auth.Config{
		Issuer: "http://127.0.0.1:1", ClientID: "app", RedirectURL: "http://localhost:3000/login/callback", Store: sessions,
	})
	fmt.Println(err == nil)
}
