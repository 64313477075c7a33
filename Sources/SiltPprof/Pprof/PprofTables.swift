// SPDX-License-Identifier: Apache-2.0
//
// The tables of the pprof decoder: the ids of a file, which may be any numbers, and the processes that its samples
// name.

internal import SiltProfile

/// From a file's ids to indices; takes no memory while the ids are 1, 2, 3 and so on, as most writers have them.
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
    private var keys = Interner<Key>()

    /// The number of a process; of several with one name and pid, the first counts.
    @discardableResult
    mutating func add(_ process: Profile.Process) -> Int {
        let number = keys.index(of: Key(name: process.name, pid: process.pid))
        if number == processes.count { processes.append(process) }
        return number
    }

    /// The process that a sample's labels name; the first one if they name none.
    mutating func index(name: String?, pid: UInt32?) -> Int {
        name.map { add(Profile.Process(name: $0, pid: pid, exe: "")) } ?? 0
    }

    /// All of them; if the file names none, its main binary.
    func list(main: Profile.Mapping?) -> [Profile.Process] {
        if !processes.isEmpty { return processes }
        let path = main?.path ?? ""
        let name = path.split(separator: "/").last.map(String.init) ?? "unknown program"
        return [Profile.Process(name: name, pid: nil, exe: path)]
    }
}
