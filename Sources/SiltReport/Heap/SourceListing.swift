// SPDX-License-Identifier: Apache-2.0
//
// `list`: source lines with what they hold. It reads no file itself: the caller passes the text of a file.

import SiltHost
package import SiltProfile
package import SiltSymbols

/// The source of functions, each line with its figures.
package struct SourceListing: Sendable {
    package struct Line: Sendable {
        /// 1-based; 0 where the line is not known.
        package var number: Int
        /// Nil where the file could not be read or has no such line.
        package var text: String?
        package var flat: Estimate
        package var cum: Estimate
    }

    package struct Routine: Sendable {
        package var function: String
        /// As the compiler recorded it; empty if not known.
        package var file: String
        package var flat: Estimate
        package var cum: Estimate
        package var lines: [Line]
        /// Why lines have no text; nil: they have.
        package var problem: String?
    }

    package var kind: Profile.Kind
    /// What shares relate to.
    package var reference: Double
    /// By name, then by file.
    package var routines: [Routine]
    package var notes: [String]

    /// - Parameters:
    ///   - pattern: functions to list.
    ///   - read: the text of a source file by its recorded path; the words of what it throws are shown.
    package init(
        _ profile: Profile, kind: Profile.Kind, matching pattern: Pattern,
        read: (_ path: String) throws -> String
    ) {
        let whole = CallGraph(profile, kind: kind, table: NodeTable(profile, granularity: .filefunctions))
        let byLine = CallGraph(profile, kind: kind, table: NodeTable(profile, granularity: .lines))
        self.kind = kind
        reference = whole.magnitude
        notes = profile.notes(kind: kind)
        var hits: [Place: [Line]] = [:]
        for node in byLine.present {
            var place = byLine.table.places[node]
            let line = Line(number: place.line, flat: byLine.nodes[node].flat, cum: byLine.nodes[node].cum)
            place.line = 0
            hits[place, default: []].append(line)
        }
        let starts = Self.starts(profile)
        var matcher = Matcher(pattern)
        let chosen = whole.present.filter { node in
            let function = whole.table.places[node].function
            return !function.isEmpty && matcher.matches(function)
        }
        var files: [String: Result<[Substring], any Error>] = [:]
        routines = chosen.sorted { whole.table.places[$0].precedes(whole.table.places[$1]) }.map { node in
            let place = whole.table.places[node]
            var routine = Routine(
                function: place.function, file: place.file, flat: whole.nodes[node].flat, cum: whole.nodes[node].cum,
                lines: (hits[place] ?? []).sorted { $0.number < $1.number })
            if place.file.isEmpty {
                routine.problem = "no source file is recorded for it: is debug information at hand?"
                return routine
            }
            let source =
                files[place.file]
                ?? Result { try read(place.file) }.map { $0.split(separator: "\n", omittingEmptySubsequences: false) }
            files[place.file] = source
            switch source {
            case .success(let text): routine.fill(from: text, start: starts[place])
            case .failure(let error): routine.problem = "cannot read \(place.file): \(error)"
            }
            return routine
        }
        if routines.isEmpty { notes.append("\(pattern) matches no function of this profile.") }
    }

    /// The line on which each function starts, where it is known.
    private static func starts(_ profile: Profile) -> [Place: Int] {
        var starts: [Place: Int] = [:]
        for location in profile.locations {
            for frame in location.frames where frame.startLine > 0 {
                let place = Place(frame, at: location, in: profile, granularity: .filefunctions)
                starts[place] = min(starts[place] ?? frame.startLine, frame.startLine)
            }
        }
        return starts
    }

    /// The listing for a terminal.
    ///
    /// - Parameter width: of the terminal, to which names and source lines are cut; nil: nothing is cut.
    package func text(width: Int? = nil) -> String {
        let figures = routines.flatMap { $0.lines.flatMap { [$0.flat.value, $0.cum.value] } }
        let scale = FigureScale(unit: kind.unit, figures: figures, total: reference)
        var text = "Type: \(kind.name)\nTotal: \(scale.text(reference))\n"
        for routine in routines {
            let name = printable(routine.function + (routine.file.isEmpty ? "" : " in " + routine.file))
            let title = "ROUTINE ======================== "
            text += title + (width.map { shortened(name, to: max(20, $0 - title.count)) } ?? name) + "\n"
            text += Self.column(scale.text(routine.flat.value), 10) + Self.column(scale.text(routine.cum.value), 11)
            text += " (flat, cum) \(formatShare(routine.cum.value, of: reference)) of Total\n"
            if let problem = routine.problem { text += "  \(printable(problem))\n" }
            for line in routine.lines {
                func figure(_ value: Double) -> String { value == 0 ? "." : scale.text(value) }
                var whole = Self.column(figure(line.flat.value), 10) + Self.column(figure(line.cum.value), 11)
                whole += Self.column(line.number == 0 ? "?" : "\(line.number)", 7)
                whole += line.text.map { ":" + printable($0.replacing("\t", with: "    ")) } ?? ""
                // The beginning of a source line tells most.
                text += width.map { whole.count > $0 ? whole.prefix($0 - 1) + "…" : whole } ?? whole
                text += "\n"
            }
        }
        return text + noteLines(notes)
    }

    private static func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension SourceListing.Routine {
    /// Lines of context before a function whose start is not known, and behind its last figure.
    private static var margin: Int { 5 }

    /// Puts the source around the lines that have figures.
    fileprivate mutating func fill(from source: [Substring], start: Int?) {
        // A newline at the end of a file ends its last line and does not begin another.
        let count = source.last?.isEmpty == true ? source.count - 1 : source.count
        let known = lines.filter { $0.number > 0 }
        guard let first = known.first?.number, let last = known.last?.number else {
            problem = "its lines are not recorded"
            return
        }
        guard last <= count else {
            problem =
                "\(file) has \(count) lines but figures stand at line \(last): it is not the file that was compiled"
            return
        }
        let begin = max(1, min(start ?? first - Self.margin, first))
        var listed = lines.filter { $0.number == 0 }
        let hits = Dictionary(known.map { ($0.number, $0) }) { first, _ in first }
        for number in begin...min(last + Self.margin, count) {
            var line = hits[number] ?? SourceListing.Line(number: number, flat: .zero, cum: .zero)
            line.text = String(source[number - 1])
            listed.append(line)
        }
        lines = listed
    }
}
