// SPDX-License-Identifier: Apache-2.0
//
// Snapshots of the past in a folder: for each process a folder, in it dumps named by their time, which every command of
// silt reads. The folder is all there is, so that a server that is started again knows what the last one did.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost

    /// The folder of the past. Its calls wait for the disk.
    struct History: Sendable {
        let folder: String
        /// Bytes of all snapshots together.
        let budget: UInt64

        /// - Throws: ``Failure`` if this is no folder of this user alone, and none can be made.
        init(folder: String, budget: UInt64) throws(Failure) {
            self.folder = absolutePath(folder)
            self.budget = budget
            makeDirectory(self.folder)
            guard let status = try? FileStatus(ofPath: self.folder), Places.isPrivate(status, to: effectiveUser()),
                isWritableDirectory(self.folder)
            else {
                throw .use("--history-dir \(folder): is not a folder of this user alone; make it one with chmod 700")
            }
            // Of a server that ended while it wrote.
            for process in processes {
                let names = (try? namesInDirectory("\(self.folder)/\(process)")) ?? []
                for name in names where name.hasSuffix(".tmp") { removeFile("\(self.folder)/\(process)/\(name)") }
            }
        }

        /// What there is of a process, oldest first.
        func snapshots(of target: Target) -> [PastSnapshot] { snapshots(in: Self.name(of: target)) }

        /// Takes a snapshot of each process that runs, and removes what need not be kept.
        ///
        /// - Returns: what could not be written, in words.
        func record(_ targets: [Target], now: UInt64 = Clock.realtime() / 1_000_000_000) -> [String] {
            var problems: [String] = []
            for target in targets where target.isRunning {
                do throws(FileError) {
                    try record(target, now: now)
                } catch {
                    // A process that has just ended is no problem.
                    if fileExists(target.path) { problems.append(Self.words(error)) }
                }
            }
            var room = budget
            if !problems.isEmpty {
                // A full disk has room for no more than lies there: the oldest give way to the next.
                let held = all.reduce(0) { $0 + $1.bytes }
                room = min(budget, held - held / 8)
            }
            for snapshot in Thinning.superfluous(all, now: now, budget: room) { removeFile(snapshot.path) }
            // One that is not empty stays.
            for name in processes { removeDirectory("\(folder)/\(name)") }
            return problems
        }

        private func record(_ target: Target, now: UInt64) throws(FileError) {
            let image = try SessionImage(contentsOf: target.path, limit: Workshop.mostBytes)
            let process = ProcessTable().process(of: image.header, file: target.path).facts
            let place = "\(folder)/\(Self.name(of: target))"
            makeDirectory(place)
            try image.write(
                image.dump(sequence: UInt32(truncatingIfNeeded: now / 60), process: process), to: "\(place)/\(now).silt"
            )
        }

        /// Without what a person at a terminal could do about it.
        private static func words(_ error: FileError) -> String {
            if case .cannotWrite(let path, let reason) = error { return "\(path): cannot be written: \(reason)" }
            return "\(error)"
        }

        private var all: [PastSnapshot] { processes.flatMap(snapshots) }

        private var processes: [String] {
            ((try? namesInDirectory(folder)) ?? []).filter { name in
                (try? FileStatus(ofPath: "\(folder)/\(name)"))?.kind == .directory
            }
        }

        private func snapshots(in process: String) -> [PastSnapshot] {
            let place = "\(folder)/\(process)"
            let names = (try? namesInDirectory(place)) ?? []
            return names.compactMap { name -> PastSnapshot? in
                guard name.hasSuffix(".silt"), let time = UInt64(name.dropLast(5)),
                    let status = try? FileStatus(ofPath: "\(place)/\(name)"), status.kind == .regular
                else { return nil }
                return PastSnapshot(process: process, time: time, bytes: status.size, path: "\(place)/\(name)")
            }.sorted { $0.time < $1.time }
        }

        /// Another process may have the same id one day; none has the same start as well.
        static func name(of target: Target) -> String {
            "\(Target.plainID(program: target.program, pid: target.pid)).\(target.header.startRealtime / 1_000_000_000)"
        }
    }
#endif
