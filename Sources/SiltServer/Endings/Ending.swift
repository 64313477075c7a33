// SPDX-License-Identifier: Apache-2.0
//
// That a process was killed, why, and which function held most of its memory then.

#if Serve
    import SiltDriver

    /// The end of a process that did not end by itself.
    struct Ending: Sendable {
        enum Reason: String, Sendable {
            /// The kernel's out-of-memory killer.
            case oom
            /// Anything else that leaves no time to say goodbye.
            case killed
        }

        /// The target's.
        var id: String
        var program: String
        var pid: UInt32
        /// The same for the same end, whenever it is found.
        var key: ParcelID
        /// When it was noticed, in nanoseconds since 1970.
        var time: UInt64
        var reason: Reason
        /// The function that held most, runtimes folded as in `silt top`, and its bytes; nil: nothing is known.
        var holder: (function: String, bytes: Double)?

        init(_ target: Target, time: UInt64, reason: Reason, holder: (function: String, bytes: Double)?) {
            (id, program, pid) = (target.id, target.program, target.pid)
            key = Self.key(of: target)
            self.time = time
            self.reason = reason
            self.holder = holder
        }

        static func key(of target: Target) -> ParcelID {
            let identity = target.identity
            return ParcelID(
                of: ["end", "\(identity.bootID)"]
                    + [identity.pidNamespace, UInt64(identity.pid), identity.startTicks, identity.sessionStart].map {
                        "\($0)"
                    })
        }
    }
#endif
