// SPDX-License-Identifier: Apache-2.0
//
// What systemd-logind does with the files of users who log out, by its configuration; it is not asked itself.

package enum LoginManager {
    /// Whether it removes an ordinary user's files in /dev/shm at the last logout (RemoveIPC of logind.conf(5)), as it does
    /// unless it is told not to; false where it does not run.
    ///
    /// - Parameter root: stands for `/`.
    package static func removesSharedMemory(root: String = "") -> Bool {
        guard fileExists("\(root)/run/systemd/users") else { return false }
        let places = ["/usr/lib/systemd", "/run/systemd", "/etc/systemd"].map { "\(root)\($0)/logind.conf" }
        // A file in a later place replaces one of the same name; of different names, the last one decides.
        var additions: [String: String] = [:]
        for place in places {
            for name in (try? namesInDirectory("\(place).d")) ?? [] where name.hasSuffix(".conf") {
                additions[name] = "\(place).d/\(name)"
            }
        }
        let main = places.last(where: fileExists).map { [$0] } ?? []
        let words = (main + additions.sorted { $0.key < $1.key }.map(\.value)).flatMap(values)
        return words.last.map { !["no", "false", "off", "0"].contains($0.lowercased()) } ?? true
    }

    private static func values(in file: String) -> [String] {
        let text = String(decoding: (try? contentsOfFile(file)) ?? [], as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "=").map { $0.split(separator: " ").joined() }
            return parts.count == 2 && parts[0] == "RemoveIPC" ? parts[1] : nil
        }
    }

    /// Whether it spares a user's files: those of the system's own users stay.
    package static func isOfTheSystem(_ user: UInt32) -> Bool { user < 1000 || user == 65534 }
}
