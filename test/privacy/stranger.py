"""A verifier that somebody else wrote from docs/verify.md: nothing of Countersign, nothing but Python's own library."""
import base64, hashlib, json, sys

folder = sys.argv[1]
sha = lambda data: hashlib.sha256(data).digest()
b64url = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\x01" + root(leaves[:split]) + root(leaves[split:]))

entries = open(folder + "/entries.ndjson", "rb").read().splitlines()
beside = [json.loads(line) for line in open(folder + "/disclosures.ndjson")]
_, size, expected = open(folder + "/checkpoint").read().split("\n")[:3]
assert len(entries) == len(beside) == int(size)
ok = base64.b64encode(root([sha(b"\x00" + entry) for entry in entries])).decode() == expected

wrong, missing, erased = 0, set(), {}
for entry, disclosures in zip(map(json.loads, entries), beside):
    digests = dict(entry.get("erasable", {}))
    for disclosure in disclosures:
        salt, path, value = json.loads(base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))
        if digests.pop(path, None) != b64url(sha(disclosure.encode())):
            wrong += 1
    missing |= {(digest, entry.get("tenant_id"), path) for path, digest in digests.items()}
    if entry["action"] == "PERSONAL_DATA.ERASED" and entry["result"] == "ok":
        for path, count in entry["details"]["members"].items():
            key = (entry.get("tenant_id"), path)
            erased[key] = erased.get(key, 0) + count
for _, tenant, path in missing:
    erased[(tenant, path)] = erased.get((tenant, path), 0) - 1
wrong += sum(1 for left in erased.values() if left < 0)
print(f"root {'ok' if ok else 'WRONG'}, {len(missing)} values erased, {wrong} wrong")
