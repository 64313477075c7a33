// SPDX-License-Identifier: Apache-2.0
//
// A host made of files: a /proc, control groups and a kernel log in a temporary directory.

package import SiltHost

package struct FakeHost {
    package let directory: TemporaryDirectory
    package let processes: ProcessTable

    package init() throws {
        directory = try TemporaryDirectory()
        processes = ProcessTable(proc: directory.path + "/proc", cgroups: directory.path + "/cgroup")
        try directory.link("proc/self/ns/pid", to: "pid:[4026531836]")
        try directory.file("proc/sys/kernel/random/boot_id", "07070707-0707-0707-0707-070707070707\n")
        try directory.directory("silt")
    }

    /// Adds a process as the kernel shows it.
    package func process(
        _ pid: Int, startTicks: Int = 98_765, state: String = "S", user: UInt32? = nil, maps: String = "",
        cgroup: String = "0::/\n"
    ) throws {
        let users = user.map { "Uid:\t\($0)\t\($0)\t\($0)\t\($0)\n" } ?? ""
        let middle = (4...21).map(String.init).joined(separator: " ")
        try directory.file("proc/\(pid)/stat", "\(pid) (pay) ments (x) \(state) \(middle) \(startTicks) 23 24\n")
        try directory.file(
            "proc/\(pid)/status",
            "Name:\tpayments\n\(users)VmRSS:\t    2048 kB\nSigIgn:\t0000000000001000\nSigCgt:\t0000000000000a02\n")
        try directory.file("proc/\(pid)/maps", maps)
        try directory.file("proc/\(pid)/cgroup", cgroup)
        try directory.link("proc/\(pid)/exe", to: "/opt/payments/bin/payments")
    }

    package func maps(_ path: String) -> String {
        "00400000-00500000 r-xp 00000000 08:01 77                       /opt/payments/bin/payments\n"
            + "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
            + "7f1000000000-7f1000100000 rw-s 00000000 08:01 78               \(path)\n"
    }

    package func kernelLog(_ text: String) throws { try directory.file("kmsg", text) }
}
