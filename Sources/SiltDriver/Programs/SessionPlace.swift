// SPDX-License-Identifier: Apache-2.0
//
// Where the live session and the dumps of a program will lie, and what is wrong with these places, by the rules that
// libsilt.so goes by in silence (`session/folder.c`, `session/file.c`). Nothing is made or changed here.

import SiltFile
import SiltHost

/// The places of a program's files, before it starts.
struct SessionPlace {
    /// What is less than this of a place's room is told, though most sessions need a few hundred KiB.
    private static let littleRoom: UInt64 = 8 << 20
    /// What Docker and Kubernetes give a container, if nobody asks for more.
    private static let usualOfContainers: UInt64 = 64 << 20
    /// The shim keeps the path in so many bytes, with a terminator.
    private static let longestPath = 511
    /// What file systems take as one name.
    private static let longestName = 255

    /// Where the live session goes; nil: nowhere but in the program's memory.
    private(set) var live: String?
    private(set) var dumps: String
    /// What is not as the person who set `SILT_DIR` will expect.
    private(set) var findings: [Checkup.Finding] = []
    /// What may become a trouble later.
    private(set) var risks: [Checkup.Finding] = []

    private let user: UInt32
    private let root: String
    private let systems: (String) -> FileSystem?

    /// - Parameters:
    ///   - directory: `SILT_DIR`; nil: it is not set.
    ///   - user: who the program runs as.
    ///   - root: what the program takes for `/`.
    ///   - systems: the file system that a path is on; nil: there is no such path.
    init(
        directory: String?, user: UInt32 = effectiveUser(), root: String = "",
        systems: @escaping (String) -> FileSystem? = { try? FileSystem(ofPath: $0) }
    ) {
        self.user = user
        self.root = root
        self.systems = systems
        dumps = Places.own(of: user, in: Places.dumps)
        if let directory, !directory.isEmpty {
            use(absolutePath(directory))
        } else {
            useOwnForDumps()
            useSharedMemory()
        }
    }

    private mutating func use(_ directory: String) {
        let (name, system) = ("SILT_DIR \(directory)", fileSystem(of: directory))
        let isFit = system.map { Places.mayHoldSessions($0.kind) } ?? false
        if let problem = problem(with: directory) {
            tell("\(name) \(problem): dumps go to \(dumps), the live session to \(Places.live)")
            useOwnForDumps()
            return useSharedMemory()
        }
        guard mayMake(in: directory) else {
            // The shim looks into it before it tries to make a file there.
            let session = isFit ? "in memory only: a process that is killed leaves nothing" : "in \(Places.live)"
            tell("\(name) cannot be written by this user: dumps go to \(dumps), the live session is \(session)")
            useOwnForDumps()
            return isFit ? () : useSharedMemory()
        }
        if let status = try? FileStatus(ofPath: root + directory), status.isOfOthers(than: user) {
            tell("\(name) is not this user's alone: others can remove or replace what lies in it")
        }
        dumps = directory
        if let system, isFit {
            live = directory
            return noticeRoom(of: system)
        }
        let kind = system.map { "\($0.kind)" } ?? "an unknown file system"
        tell("\(name) is on \(kind), where no live session may lie: dumps go there, it is in \(Places.live)")
        useSharedMemory()
    }

    /// What stands behind its name in a sentence; nil: it is a directory, or can be made.
    private func problem(with path: String) -> String? {
        if path.utf8.count > Self.longestPath { return "is longer than \(Self.longestPath) bytes" }
        if path.split(separator: "/").contains(where: { $0.utf8.count > Self.longestName }) {
            return "has a part that is longer than \(Self.longestName) bytes"
        }
        if let kind = fileSystem(of: path)?.kind, kind == .kernel { return "is on \(kind), where no file can be made" }
        guard let status = try? FileStatus(ofPath: root + path) else {
            // Only the last part of a path is made.
            let parent = Self.folder(of: path)
            guard let above = try? FileStatus(ofPath: root + parent, followingLinks: true), above.kind == .directory
            else {
                return "cannot be made: there is no directory \(parent)"
            }
            return mayWrite(parent) ? nil : "cannot be made by this user"
        }
        switch status.kind {
        case .directory: return nil
        case .link: return "is a symbolic link, which is not followed"
        case .regular, .other: return "is not a directory"
        }
    }

    private static func folder(of path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }

    /// Of another user it cannot be asked what he may.
    private func mayWrite(_ directory: String) -> Bool {
        user != effectiveUser() || isWritableDirectory(root + directory)
    }

    /// As above, also of a directory that will be made.
    private func mayMake(in directory: String) -> Bool {
        !fileExists(root + directory) || mayWrite(directory)
    }

    private mutating func useOwnForDumps() {
        guard let status = try? FileStatus(ofPath: root + dumps), !Places.isPrivate(status, to: user) else { return }
        tell("\(dumps) is not a directory of user \(user) alone: dumps cannot be written there")
    }

    private func fileSystem(of path: String) -> FileSystem? {
        systems(root + path) ?? systems(root + Self.folder(of: path))
    }

    private mutating func useSharedMemory() {
        let place = Places.own(of: user, in: Places.live)
        let remedy = "a process that is killed leaves nothing; SILT_DIR may name a directory on a tmpfs or on ext4"
        guard let system = systems(root + Places.live), system.kind == .tmpfs else {
            return tell("\(Places.live) is no tmpfs, so that the session is in the program's memory only: \(remedy)")
        }
        if let status = try? FileStatus(ofPath: root + place), !Places.isPrivate(status, to: user) {
            return tell(
                "\(place) is not a directory of user \(user) alone, so that the session is in the program's memory only:"
                    + " \(remedy)")
        }
        live = place
        noticeRoom(of: system)
        if !LoginManager.isOfTheSystem(user), LoginManager.removesSharedMemory(root: root) {
            risk(
                "systemd-logind removes user \(user)'s files in \(Places.live) at the last logout (RemoveIPC): a running"
                    + " session is then found by its pid only, and a process that is killed later leaves nothing; set"
                    + " RemoveIPC=no, let the user linger, or name a directory on ext4 in SILT_DIR")
        }
    }

    private mutating func noticeRoom(of system: FileSystem) {
        guard let live else { return }
        if system.size > 0, system.free < Self.littleRoom {
            tell("\(live) has room for \(system.free >> 10) KiB more: what finds no room is counted, not recorded")
        } else if system.kind == .tmpfs, system.size > 0, system.size <= Self.usualOfContainers {
            let more = " (docker run --shm-size; in Kubernetes an emptyDir of medium Memory at \(Places.live))"
            risk(
                "\(live) is on a tmpfs of \(system.size >> 20) MiB, which all processes share: give it more if there are many"
                    + (live.hasPrefix(Places.live + "/") ? more : ""))
        }
    }

    private mutating func tell(_ text: String) { findings.append(Checkup.Finding(severity: .missing, text: text)) }
    private mutating func risk(_ text: String) { risks.append(Checkup.Finding(severity: .missing, text: text)) }
}

extension FileStatus {
    /// Whether somebody besides a user and root can replace what lies in a directory.
    fileprivate func isOfOthers(than user: UInt32) -> Bool {
        let isOpen = permissions & 0o022 != 0 && permissions & 0o1000 == 0
        return isOpen || (uid != user && uid != 0)
    }
}
