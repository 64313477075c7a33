// SPDX-License-Identifier: Apache-2.0
//
// What is to be said of the SILT_ variables before a program starts with them: libsilt.so is silent about those that make
// no sense, and takes its defaults. The rules are the shim's; where files go is SessionPlace's.

import SiltFile

enum SettingReview {
    /// Variables that are read by this command, not by libsilt.so.
    private static let ofTheCommand: Set<String> = ["SILT_SHIM", "SILT_CACHE"]

    /// A finding for each variable that does not do what it seems to, in order of names.
    ///
    /// - Parameter environment: of the program; other variables are passed over.
    static func findings(in environment: [String: String]) -> [Checkup.Finding] {
        environment.sorted { $0.key < $1.key }.compactMap { name, value in
            guard name.hasPrefix("SILT_"), !ofTheCommand.contains(name) else { return nil }
            return sentence(name, value).map { Checkup.Finding(severity: .missing, text: $0) }
        }
    }

    /// Nil: there is nothing to say.
    private static func sentence(_ name: String, _ value: String) -> String? {
        guard let setting = Setting.named(name) else {
            let guess = nearest(to: name).map { ": did you mean \($0)?" } ?? ""
            return "\(name) is no setting of libsilt.so, and changes nothing\(guess)"
        }
        switch setting.judge(value) {
        case .right where name == "SILT_RECORD" && value == "0": return "SILT_RECORD=0: nothing is recorded"
        case .right: return name == "SILT_DUMP_EVERY" ? sentence(onTime: value) : nil
        case .bounded(let used): return "\(name)=\(value) is out of bounds: \(used) is used"
        case .nonsense(nil) where setting.kind == .share:
            return "\(name)=\(value) makes no sense (it may be a percentage such as 0.5%): there is no ceiling"
        case .nonsense(nil): return "\(name) is empty: the usual directories are used"
        case .nonsense(let used?):
            let words = setting.words.isEmpty ? "" : " (it may be \(setting.words.joined(separator: ", ")))"
            return "\(name)=\(value) makes no sense\(words): \(setting.kind == .signal ? "signal " : "")\(used) is used"
        }
    }

    /// Of a time with a unit: to the shim each unit is one of bytes.
    private static func sentence(onTime value: String) -> String? {
        guard value.contains(where: { !$0.isNumber }), let meant = TimeSpan(value) else { return nil }
        return "SILT_DUMP_EVERY=\(value) counts seconds, in units of 1024: if \(value) of time is meant, write "
            + "\(meant.seconds)"
    }

    /// The setting whose name differs by the fewest letters, and by three at most.
    private static func nearest(to name: String) -> String? {
        let distances = Setting.all.map { (name: $0.name, distance: distance(Array(name), Array($0.name))) }
        return distances.filter { $0.distance <= 3 }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// How many letters must be added, left out or replaced to make one text of another (Levenshtein).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in b.enumerated() {
                let replaced = diagonal + (letter == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}
