// SPDX-License-Identifier: Apache-2.0
//
// A small payment service for the demo and the tests: HTTP/1.1 on loopback, one thread a connection.
// Each of the leaks that services die of can be switched on; without one its memory stays bounded.
//
//   PaymentService [--port N] [--leak none|tokens|connections|webhooks]     (or LEAK=... in the environment)
//
// Prints `listening on 127.0.0.1:PORT`, serves until SIGTERM or SIGINT, then exits with status 0.

import Glibc

guard let options = Options(arguments: CommandLine.arguments) else {
    fail("usage: [--port N] [--leak none|tokens|connections|webhooks]", status: 2)
}

// Every thread inherits the mask, so only sigwait below ever sees these signals.
var termination = sigset_t()
sigemptyset(&termination)
sigaddset(&termination, SIGTERM)
sigaddset(&termination, SIGINT)
pthread_sigmask(SIG_BLOCK, &termination, nil)

let processor = PaymentProcessor(leak: options.leak)
guard let server = Server(port: options.port, handler: PaymentHandler(processor: processor)) else {
    fail("cannot listen on 127.0.0.1:\(options.port): \(String(cString: strerror(errno)))", status: 1)
}
server.start()
print("listening on 127.0.0.1:\(server.port)")
fflush(nil)

var received: Int32 = 0
sigwait(&termination, &received)
exit(0)
