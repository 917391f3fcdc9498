"""A solver as others might write one: it continues every sequence as a line. Lines of JSON in, lines of JSON out.

An argument makes it misbehave.
"""

import json
import sys
import time


def lines(sequences):
    return [2 * terms[-1] - terms[-2] if len(terms) > 1 else terms[0] for terms in sequences]


if __name__ == "__main__":
    how = sys.argv[1] if len(sys.argv) > 1 else ""
    asked = [json.loads(line) for line in sys.stdin]
    if how == "crash":
        sys.exit("no idea\nsolver: out of ideas")
    if how == "sleep":
        time.sleep(600)
    if how == "flood":
        while True:
            print("x" * 1000)
    if how == "prose":
        print("the answer is 4")
    for each, term in reversed([*zip(asked, lines([each["terms"] for each in asked]), strict=True)]):
        if how == "silent" and each["id"] == 1:
            continue
        if how == "twice":
            print(json.dumps({"id": 0, "next": 1}))
        said = {"text": "four", "half": 0.5, "truth": True}.get(how, term)
        print(json.dumps({"id": "one" if how == "name" else each["id"], "next": said}))
