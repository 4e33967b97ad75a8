# SPDX-License-Identifier: Apache-2.0
"""Vector files for the reference programs: records of `name = value` lines, comments at the head.

A program that hands its function to main() checks a file, and fails on the first value that
differs; with --write it adds what records lack instead."""
import sys


def read(path):
    head, records, record = [], [], {}
    with open(path, encoding="ascii") as file:
        for line in [*file, ""]:
            line = line.strip()
            if line.startswith("#"):
                head.append(line)
            elif line:
                name, _, value = line.partition("=")
                record[name.strip()] = value.strip()
            elif record:
                records.append(record)
                record = {}
    return head, records


def write(path, head, records):
    with open(path, "w", encoding="ascii") as out:
        out.write("\n".join(head) + "\n")
        for record in records:
            out.write("\n" + "".join(f"{name} = {value}\n" for name, value in record.items()))


def main(compute, is_slow=lambda record: False):
    """compute(record) gives the fields that follow from the others; slow records are left out
    unless --all or --write is given."""
    options = {argument for argument in sys.argv[1:] if argument.startswith("--")}
    (path,) = [argument for argument in sys.argv[1:] if argument not in options]
    adding = "--write" in options
    head, records = read(path)
    checked = 0
    for record in records:
        if is_slow(record) and not options & {"--all", "--write"}:
            continue
        for name, value in compute(record).items():
            if (record.setdefault(name, value) if adding else record.get(name)) != value:
                sys.exit(f"{path}: {name} differs for {record}")
        checked += 1
    if adding:
        write(path, head, records)
    if not checked:
        sys.exit(f"{path}: no records")
    print(f"{checked} of {len(records)} records agree with the reference")
