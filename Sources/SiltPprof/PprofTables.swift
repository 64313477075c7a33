// SPDX-License-Identifier: Apache-2.0
//
// What the pprof decoder looks things up in: ids that a file made up, and the processes that its samples name.

internal import SiltProfile

/// From a file's ids to indices; free while the ids are 1, 2, 3 and so on, as most writers have them.
struct PprofIDs {
    private var count = 0
    private var scattered: [UInt64: Int]?

    /// Gives the next index to `id`.
    mutating func insert(_ id: UInt64, at offset: Int) throws(PprofError) {
        if id == 0 || self[id] != nil { throw PprofError(.badID(id), at: offset) }
        if id != UInt64(count) + 1, scattered == nil {
            scattered = Dictionary(uniqueKeysWithValues: (0..<count).map { (UInt64($0) + 1, $0) })
        }
        scattered?[id] = count
        count += 1
    }

    subscript(id: UInt64) -> Int? {
        if let scattered { return scattered[id] }
        return id >= 1 && id <= UInt64(count) ? Int(id - 1) : nil
    }
}

/// The processes of a profile in the order in which the file names them.
struct PprofProcesses {
    private struct Key: Hashable {
        var name: String
        var pid: UInt32?
    }

    private var processes: [Profile.Process] = []
    private var indices: [Key: Int] = [:]

    mutating func add(_ process: Profile.Process) {
        let key = Key(name: process.name, pid: process.pid)
        guard indices[key] == nil else { return }
        indices[key] = processes.count
        processes.append(process)
    }

    /// The process that a sample's labels name; the first one if they name none.
    mutating func index(name: String?, pid: UInt32?) -> Int {
        guard let name else { return 0 }
        add(Profile.Process(name: name, pid: pid, exe: ""))
        return indices[Key(name: name, pid: pid)] ?? 0
    }

    /// All of them; a file that names none comes from its main binary.
    func list(main: Profile.Mapping?) -> [Profile.Process] {
        if !processes.isEmpty { return processes }
        let path = main?.path ?? ""
        let name = path.split(separator: "/").last.map(String.init) ?? "unknown program"
        return [Profile.Process(name: name, pid: nil, exe: path)]
    }
}
