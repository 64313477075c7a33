// SPDX-License-Identifier: Apache-2.0
//
// A page of the manual as commands with the output that it promises, and what they print in truth. What a reader types is
// typed here, in one shell for a page, in a fresh folder with the demo's service in it.
//
//     ```console            commands after `$ `, each followed by what it prints; `...` stands for any text
//     ```sh                 a script: it must succeed, and its output is not compared
//     <!-- not run: why --> in the line above a block: it is not run
//     <!-- needs: go -->    in the line above a block: it is run where that tool is
//     <!-- varies: a; b --> in the line above a block: words that differ from run to run, each as `...`

import Glibc
import TestSupport

struct Page {
    struct Command: Sendable {
        /// As typed; a script has several lines.
        var text: String
        /// The lines promised; nil: its output is not compared.
        var output: [String]?
        /// Of its first line, from 1.
        var line: Int
        var tool: String?
    }

    /// What is shown and not run.
    struct Omission: Sendable {
        var reason: String
        var text: String
        var line: Int
    }

    private(set) var commands: [Command] = []
    private(set) var omissions: [Omission] = []
    /// Commands in blocks that no rule above covers.
    private(set) var unruled: [String] = []

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var index = 0
        while index < lines.count {
            defer { index += 1 }
            guard lines[index].hasPrefix("```") else {
                // A block without a fence.
                if lines[index].hasPrefix("    $ ") || lines[index].hasPrefix("    silt ") {
                    unruled.append(lines[index])
                }
                continue
            }
            let language = lines[index].dropFirst(3)
            let mark = index > 0 ? lines[index - 1] : ""
            let first = index + 1
            index = lines[first...].firstIndex(of: "```") ?? lines.count
            add(lines[first..<index], language: language, mark: mark)
        }
    }

    private mutating func add(_ block: ArraySlice<String>, language: Substring, mark: String) {
        func marked(_ word: String) -> String? {
            mark.hasPrefix("<!-- \(word): ")
                ? String(mark.dropFirst("<!-- \(word): ".count).dropLast(" -->".count)) : nil
        }
        let text = block.joined(separator: "\n")
        if let reason = marked("not run") {
            omissions.append(Omission(reason: reason, text: text, line: block.startIndex + 1))
        } else if language == "sh" {
            commands.append(Command(text: text, line: block.startIndex + 1, tool: marked("needs")))
        } else if language == "console" {
            for (index, line) in zip(block.indices, block) {
                if line.hasPrefix("$ ") {
                    commands.append(
                        Command(text: String(line.dropFirst(2)), output: [], line: index + 1, tool: marked("needs")))
                } else if line.hasPrefix("> "), !commands.isEmpty {
                    commands[commands.count - 1].text += "\n" + line.dropFirst(2)
                } else if !commands.isEmpty {
                    let words = (marked("varies") ?? "").split(separator: "; ")
                    commands[commands.count - 1].output?.append(words.reduce(line) { $0.replacing($1, with: "...") })
                }
            }
        } else {
            unruled += block.filter { $0.hasPrefix("$ ") || $0.hasPrefix("silt ") }
        }
    }

    // MARK: Running

    /// Where the commands of a page are typed.
    private struct Place {
        let bench: Workbench
        /// Dumps and sessions: on a tmpfs, so that no machine has a remark to make on its file system.
        let sessions: String
        let port: UInt16
    }

    /// What is wrong with the page; empty if all is as it says.
    func mistakes() throws -> [String] {
        let place = try Place(bench: Workbench(), sessions: Self.sessions(), port: Self.freePort())
        defer { _ = try? Program(["/bin/rm", "-rf", place.sessions]).finish() }
        try Self.furnish(place.bench)
        let typed = commands.filter { command in command.tool.map { Workbench.find($0) != nil } ?? true }
        let script = Self.script(of: typed, port: place.port)
        let file = try place.bench.write(script, to: ".script")
        let outcome = try Program(
            ["timeout", "-k", "5", "300", "bash", file],
            environment: [
                ("SILT_DIR", place.sessions), ("LEAK", "tokens"), ("LC_ALL", "C.UTF-8"),
                ("PATH", "\(Self.folder(of: SiltCommand.path)):/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"),
                ("PPROF_TMPDIR", place.bench.directory),
            ].map { (name: $0.0, value: $0.1) }, directory: place.bench.directory
        ).finish()
        let parts = outcome.output.split(separator: Self.mark, omittingEmptySubsequences: false).dropFirst()
        guard parts.count == typed.count + 1 else {
            return ["ended at the command \(parts.count) of \(typed.count): \(outcome.output.suffix(2000))"]
        }
        // The mark after a command has its status.
        return zip(zip(typed, typed.dropFirst().map(Optional.some) + [nil]), zip(parts, parts.dropFirst())).flatMap {
            (commands, parts) -> [String] in
            let status = parts.1.prefix { $0 != "\n" }
            let printed = Self.lines(parts.0, in: place)
            return Self.mistakes(of: commands.0, next: commands.1, printed: printed, status: String(status))
        }
    }

    private static func mistakes(
        of command: Command, next: Command?, printed: [String], status: String
    ) -> [String] {
        let head = "line \(command.line): \(command.text)\n"
        let shown = printed.joined(separator: "\n")
        var mistakes: [String] = []
        if status != "0", next?.text != "echo $?" { mistakes.append(head + "ended with status \(status):\n" + shown) }
        if let promised = command.output, !fits(printed.map(masked), promised.map(masked)) {
            mistakes.append(head + "printed:\n\(shown)\ninstead of:\n" + promised.joined(separator: "\n"))
        }
        return mistakes
    }

    private static let mark: Character = "\u{1}"

    private static func script(of commands: [Command], port: UInt16) -> String {
        // The mark keeps `$?`, which a page may show.
        var script = "exec 2>&1\nmark() { local status=$?; printf '\\001%s\\n' $status; return $status; }\n"
        script += "trap 'kill -9 $(jobs -p) 2>/dev/null' EXIT\n"
        for command in commands {
            // The usual port of the server may be taken, and other tests have processes of their own.
            let server = "silt serve --listen 127.0.0.1:\(port) --dir $SILT_DIR"
            let text = command.text.replacing("localhost:6060", with: "localhost:\(port)")
                .replacing(/silt serve(?= )(?! --listen)/, with: server)
            script += "mark\n\(text)\n"
        }
        return script + "mark\n"
    }

    /// The service and its load, as the pages call them, and what a static program is made of.
    private static func furnish(_ bench: Workbench) throws {
        try bench.run(["/bin/cp", Victims.program("PaymentService"), bench.path("service")])
        let load = """
            #!/bin/sh
            port() { sed -n 's/^listening on .*://p' service.log 2>/dev/null; }
            until [ -n "$(port)" ]; do sleep 0.05; done
            exec \(Victims.program("Load")) "$(port)" "${1:-4000}" 4 >/dev/null

            """
        for name in ["load", "warm-up", "load-test"] { try bench.write(load, to: name) }
        for name in ["libsilt.a", "libsilt.link"] { try bench.run(["/bin/cp", "\(Victims.build)/shim/\(name)", name]) }
        let server = """
            #include <stdlib.h>
            static void *kept[1000];
            __attribute__((noinline)) static void remember(int i) { kept[i] = malloc(1000); }
            int main(void) {
              for (int i = 0; i < 1000; i++) remember(i);
              return kept[0] == NULL;
            }

            """
        try bench.write(server, to: "server.c")
    }

    private static func sessions() throws -> String {
        let made = try Program(["mktemp", "-d", "/dev/shm/silt-XXXXXXXX"]).finish().output
        return String(made.dropLast())
    }

    private static func folder(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    // MARK: Comparing

    /// What was printed after a mark, as a page would show it, without the status in the mark's own line.
    private static func lines(_ part: Substring, in place: Place) -> [String] {
        var text = part.drop { $0 != "\n" }.dropFirst().description
        text = text.replacing(place.sessions, with: "/tmp/silt-1000").replacing(place.bench.directory, with: "/home/me")
            .replacing("\(Victims.root)/Tests/Programs/", with: "").replacing(
                "127.0.0.1:\(place.port)", with: "localhost:6060")
        // The shell's own word on a job that was killed.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
            .filter { !$0.contains("/.script: line ") && !$0.hasPrefix(".script: line ") }
    }

    /// A line without its figures: they differ from run to run.
    static func masked(_ line: String) -> String {
        var text = line.replacing(/\/(tmp|dev\/shm)\/silt-[0-9]+\//, with: "DIR/")
        text = text.replacing(/[-+±≥≤*]?[0-9][0-9.,]*(kB|MB|GB|B|%|ms|ns|us|s|m|h|d)?(\/(s|min|h|d))?/, with: "#")
        text = text.replacing(/#+/, with: "#").replacing(/[▁▂▃▄▅▆▇█]+/, with: "▁").replacing(/[\ ]+/, with: " ")
        text = text.replacing(/# (function|limit|sample|node|thread|entr)(s|y|ies)?\b/) { "# \($0.output.1)" }
        return String(text.reversed().drop { $0 == " " }.reversed()).trimmingPrefix(" ").description
    }

    /// Whether lines are those promised, where a line `...` stands for any lines, and `...` within one for any text.
    static func fits(_ printed: [String], _ promised: [String]) -> Bool {
        guard let first = promised.first else { return printed.isEmpty }
        let rest = Array(promised.dropFirst())
        if first == "..." { return (0...printed.count).contains { fits(Array(printed[$0...]), rest) } }
        guard let line = printed.first, fits(line: line, first) else { return false }
        return fits(Array(printed.dropFirst()), rest)
    }

    private static func fits(line: String, _ promised: String) -> Bool {
        let parts = promised.split(separator: "...", omittingEmptySubsequences: false)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return line == promised }
        guard line.hasPrefix(first) else { return false }
        var rest = line.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}

extension Page {
    /// A port that nobody listens on now.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw Workbench.ToolFailure(description: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }
}
