"""embed.py OUT TABLE FILE...: writes a C header OUT with the bytes of the files as
static const struct embedded TABLE[], in the order given; each is named by its base name."""
import os
import sys

out, table, files = sys.argv[1], sys.argv[2], sys.argv[3:]
with open(out, "w", encoding="ascii") as header:
    header.write('#include "base/embed.h"\n')
    for number, name in enumerate(files):
        with open(name, "rb") as file:
            data = file.read()
        header.write(f"static const unsigned char {table}_{number}[] = {{\n")
        for at in range(0, len(data), 24):
            header.write(",".join(map(str, data[at : at + 24])) + ",\n")
        header.write("0};\n")
    header.write(f"static const struct embedded {table}[] = {{\n")
    for number, name in enumerate(files):
        base = os.path.basename(name).replace("\\", "\\\\").replace('"', '\\"')
        header.write(
            f'    {{"{base}", {{(const char *){table}_{number}, sizeof({table}_{number}) - 1}}}},\n')
    header.write("};\n")
