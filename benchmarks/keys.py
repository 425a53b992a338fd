"""Does the time that a refusal takes tell how much of a key is right?

    python benchmarks/keys.py URL ADMIN_KEY [--calls 2000]

Makes a key, then asks in turns with keys of which only the first letter is right, and with keys of which only
the last is wrong. Prints both medians, in microseconds, and their difference in standard errors: under 3 it
tells nothing. The server must take so many wrong keys: DATELINE_RATE_LIMIT_WRONG_KEYS=100000/minute.
"""

import argparse
import secrets
import time
from statistics import median, pvariance

import httpx

# Of a median of normally distributed times, against that of their mean.
MEDIAN_ERROR = 1.2533


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("key")
    parser.add_argument("--calls", type=int, default=2000)
    options = parser.parse_args()
    with httpx.Client(base_url=options.url) as client:
        owner = {"Authorization": f"Bearer {options.key}"}
        made = client.post("/v1/keys", json={"scope": "read"}, headers=owner).raise_for_status().json()
        key: str = made["key"]
        times: dict[int, list[float]] = {1: [], len(key) - 1: []}
        for _ in range(options.calls):
            for right in secrets.SystemRandom().sample(list(times), 2):
                wrong = secrets.choice([each for each in "0123456789abcdef" if each != key[right]])
                asked = key[:right] + wrong + secrets.token_hex(32)[: len(key) - right - 1]
                start = time.perf_counter()
                status = client.get("/v1/keys", headers={"Authorization": f"Bearer {asked}"}).status_code
                times[right].append(time.perf_counter() - start)
                if status != httpx.codes.UNAUTHORIZED:
                    raise SystemExit(f"a wrong key was answered with {status}")
        client.delete(f"/v1/keys/{made['id']}", headers=owner).raise_for_status()
    one, all_but_one = (median(each) for each in times.values())
    error = MEDIAN_ERROR * sum(pvariance(each) / len(each) for each in times.values()) ** 0.5
    print(f"one letter right {one * 1e6:.0f} us, all but one {all_but_one * 1e6:.0f} us")
    print(f"difference {abs(one - all_but_one) / error:.2f} standard errors")


if __name__ == "__main__":
    main()
