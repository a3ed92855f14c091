// Verifies a log of Countersign with the Go team's own packages, and nothing of ours: signed notes, tiles, inclusion and
// consistency. Reads what to verify as JSON from standard input, prints a line for each thing that held, and stops at the first
// that does not.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type work struct {
	URL     string `json:"url"`
	Key     string `json:"key"`
	Earlier string `json:"earlier"`
	Proofs  []struct {
		Entry string `json:"entry"`
		Proof string `json:"proof"`
	} `json:"proofs"`
}

func must(err error, what string) {
	if err != nil {
		fmt.Printf("refused: %s: %v\n", what, err)
		os.Exit(1)
	}
}

// open verifies a checkpoint (C2SP tlog-checkpoint) and answers the tree that it signs.
func open(text string, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	must(err, "signature")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("it is not of %s", verifier.Name()), "checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root")
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads tiles of height 8 (C2SP tlog-tiles, whose paths leave out the height).
type tiles struct{ base string }

func (tiles) Height() int                      { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		answer, err := http.Get(t.base + "/log/" + path)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 200 {
			return nil, fmt.Errorf("%s answers %d: %v", path, answer.StatusCode, err)
		}
		all = append(all, data)
	}
	return all, nil
}

// checkProof verifies a proof in the form of C2SP tlog-proof.
func checkProof(entry, text string, verifier note.Verifier) int64 {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("it has another form"), "proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err, "index")
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		must(err, "hash")
		proof = append(proof, hash)
	}
	tree := open(checkpoint, verifier)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash([]byte(entry))), "inclusion")
	return index
}

func main() {
	var given work
	must(json.NewDecoder(os.Stdin).Decode(&given), "input")
	verifier, err := note.NewVerifier(given.Key)
	must(err, "key")
	answer, err := http.Get(given.URL + "/log/checkpoint")
	must(err, "address")
	text, err := io.ReadAll(answer.Body)
	must(err, "address")
	tree := open(string(text), verifier)
	fmt.Printf("checkpoint %d\n", tree.N)

	// The reader authenticates every tile against the tree before it hands out a hash of it.
	reader := tlog.TileHashReader(tree, tiles{given.URL})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err, "tiles")
	if root != tree.Hash {
		must(fmt.Errorf("they lead to another root"), "tiles")
	}
	fmt.Println("tiles")

	earlier := open(given.Earlier, verifier)
	proof, err := tlog.ProveTree(tree.N, earlier.N, reader)
	must(err, "consistency")
	must(tlog.CheckTree(proof, tree.N, tree.Hash, earlier.N, earlier.Hash), "consistency")
	fmt.Printf("continues %d\n", earlier.N)

	for _, each := range given.Proofs {
		fmt.Printf("holds %d\n", checkProof(each.Entry, each.Proof, verifier))
	}
}
