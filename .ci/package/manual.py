#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Writes the man pages into a folder: silt.1 from the command's own definitions, silt-shim.7 from its template here and
# the README's table of variables, silt-format.5 from its template and the regions in silt_format.h. It holds no fact about an
# option, a variable or a region.
#
#   manual.py SILT VERSION SECONDS-SINCE-1970 FOLDER
import json
import pathlib
import re
import subprocess
import sys
import textwrap
import time

HERE = pathlib.Path(__file__).resolve().parent
# An option that so many verbs have, in the same words, is described once.
COMMON = 3


def roff(text):
    """Plain text as roff: no line may begin with a control character, and a hyphen must stay one."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


def wrapped(page):
    """Its lines of text as long as readers of roff expect them; requests and examples stay as they are."""
    lines, is_example = [], False
    for line in page.splitlines():
        is_example = line == ".EX" or is_example and line != ".EE"
        if is_example or line.startswith(".") or len(line) <= 80:
            lines.append(line)
            continue
        parts = textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)
        lines += [parts[0]] + [re.sub(r"^(?=[.'])", r"\\&", part) for part in parts[1:]]
    return "\n".join(lines) + "\n"


def title(page, section, date, version, subject):
    return f'.TH {roff(page.upper())} {section} "{date}" "silt {roff(version)}" "{subject}"\n'


def spelling(argument):
    """`-n, --nodecount COUNT`, or the name of an argument without a dash."""
    value = argument["valueName"]
    if argument["kind"] == "positional":
        words = [f"\\fI{roff(value)}\\fR"]
    else:
        dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
        words = [f"\\fB{roff(dashes[name['kind']] + name['name'])}\\fR" for name in argument["names"]]
        words = [", ".join(words)] + ([f"\\fI{roff(value)}\\fR"] if argument["kind"] == "option" else [])
    return " ".join(words)


def described(argument):
    text = argument.get("abstract", "")
    if "defaultValue" in argument:
        text = f"{text.rstrip('.')} (default: {argument['defaultValue']})."
    return f".TP\n{spelling(argument)}\n{roff(text)}\n"


def synopsis(path, arguments):
    """What can be typed, without the options by name."""
    words = [f"\\fB{roff(path)}\\fR"]
    if any(argument["kind"] != "positional" for argument in arguments):
        words.append("[\\fIoptions\\fR]")
    for argument in arguments:
        if argument["kind"] == "positional":
            name = spelling(argument) + (" ..." if argument["isRepeating"] else "")
            name = f"\\-\\- {name}" if argument["parsingStrategy"] == "postTerminator" else name
            words.append(f"[{name}]" if argument["isOptional"] and not name.startswith("\\-") else name)
    return " ".join(words)


def paragraphs(command):
    lines = [command.get("abstract", "")] + command.get("discussion", "").splitlines()
    return "".join(f".PP\n{roff(line)}\n" for line in lines if line)


def shown(command):
    """Its arguments without --help and --version, which every command has."""
    own = [argument for argument in command.get("arguments", []) if argument["shouldDisplay"]]
    return [argument for argument in own if argument["valueName"] not in ("help", "version")]


def command_page(definitions, date, version):
    root = definitions["command"]
    verbs = [verb for verb in root["subcommands"] if verb["shouldDisplay"] and verb["commandName"] != "help"]
    options = {}
    for verb in verbs:
        for argument in shown(verb):
            if argument["kind"] != "positional":
                options.setdefault(described(argument), []).append(spelling(argument).split(" ")[0].rstrip(","))
    common = {text for text, uses in options.items() if len(uses) >= COMMON}

    page = title("silt", 1, date, version, "User Commands")
    page += f".SH NAME\nsilt \\- {roff(root['abstract'][0].lower() + root['abstract'][1:].rstrip('.'))}\n"
    page += ".SH SYNOPSIS\n" + "".join(f"{synopsis('silt ' + verb['commandName'], shown(verb))}\n.br\n" for verb in verbs)
    page += "\\fBsilt \\-\\-version\\fR\n.SH DESCRIPTION\n" + paragraphs(root).removeprefix(".PP\n")
    page += ".SH COMMANDS\n"
    for verb in verbs:
        page += f".SS {synopsis('silt ' + verb['commandName'], shown(verb))}\n"
        page += paragraphs(verb).removeprefix(".PP\n")
        own = [text for text in map(described, shown(verb)) if text not in common]
        page += "".join(own)
        shared = [options[text][0] for text in map(described, shown(verb)) if text in common]
        if shared:
            page += f".PP\nAlso, see COMMON OPTIONS: {', '.join(shared)}.\n"
    page += ".SH COMMON OPTIONS\n" + "".join(text for text in options if text in common)
    page += (HERE / "silt.1.end").read_text()
    return page


def shim_page(date, version):
    table = (HERE.parent.parent / "README.md").read_text().split("### Environment")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`SILT_.*?) \| (.*?) \| (.*?) \|$", table, flags=re.MULTILINE)
    entries = ""
    for names, meaning, default in rows:
        plain = [re.sub(r"[`*]", "", cell) for cell in (names, meaning, default)]
        entries += f".TP\n\\fB{roff(plain[0])}\\fR\n{roff(plain[1])} (default: {roff(plain[2])})\n"
    if len(rows) < 5:
        sys.exit("the README's table of variables was not found")
    template = (HERE / "silt-shim.7.in").read_text()
    return title("silt-shim", 7, date, version, "Miscellaneous") + template.replace("@ENVIRONMENT@\n", entries)


def format_page(date, version):
    header = (HERE.parent.parent / "CShim/include/silt_format.h").read_text()
    regions = header.split("enum silt_region_kind {")[1].split("};")[0]
    entries = ""
    for line in regions.splitlines():
        region = re.match(r"\s*SILT_REGION_(\w+) = (\d+),\s*// (.*)$", line)
        if region:
            name, number, what = region.groups()
            entries += f".TP\n\\fB{name}\\fR ({number})\n{roff(what)}\n"
    if entries.count(".TP") < 10:
        sys.exit("the regions of silt_format.h were not found")
    template = (HERE / "silt-format.5.in").read_text()
    return title("silt-format", 5, date, version, "File Formats") + template.replace("@REGIONS@\n", entries)


def main():
    silt, version, seconds, folder = sys.argv[1:]
    date = time.strftime("%Y-%m-%d", time.gmtime(int(seconds)))
    dump = subprocess.run([silt, "--experimental-dump-help"], check=True, capture_output=True).stdout
    pages = {
        "man1/silt.1": command_page(json.loads(dump), date, version),
        "man5/silt-format.5": format_page(date, version),
        "man7/silt-shim.7": shim_page(date, version),
    }
    for name, text in pages.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wrapped(text))


main()
