// SPDX-License-Identifier: Apache-2.0
//
// w5: the inside of a C++ service. Each request is routed through some twenty-five frames; on the
// way headers are parsed, a session is looked up or made, and an answer is put together, in some
// thirty allocations.
//
// Each thread has a service of its own.
//
//   Service OPERATIONS [THREADS]
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "lib/clock.h"

namespace {

using Headers = std::map<std::string, std::string, std::less<>>;

struct Session {
  std::string user;
  std::vector<std::string> history;
};

struct Request {
  std::string path;
  Headers headers;
};

class Service {
 public:
  std::string respond(long number) {
    std::string text = "GET /orders/" + std::to_string(number % 5000) +
                       "\nhost: shop.example.internal.cluster"
                       "\naccept: application/json, text/plain"
                       "\nx-request-id: 00000000-0000-0000-0000-" +
                       std::to_string(number) + "\nuser-agent: a client with a rather long name\n";
    Request request = parse(text);
    return filter(request, 16);
  }

 private:
  [[gnu::noinline]] static Request parse(std::string_view text) {
    Request request;
    std::size_t end = text.find('\n');
    request.path = std::string(text.substr(4, end - 4));
    while (end + 1 < text.size()) {
      std::size_t begin = end + 1, colon = text.find(':', begin);
      end = text.find('\n', begin);
      request.headers.emplace(text.substr(begin, colon - begin),
                              text.substr(colon + 2, end - colon - 2));
    }
    return request;
  }

  // The filters of a middleware chain, one inside the other.
  [[gnu::noinline]] std::string filter(const Request &request, int depth) {
    std::string answer = depth == 0 ? route(request) : filter(request, depth - 1);
    answer += ' ';
    return answer;
  }

  [[gnu::noinline]] std::string route(const Request &request) {
    auto found = request.headers.find("x-request-id");
    return handle(session(request.path), found == request.headers.end() ? "" : found->second);
  }

  [[gnu::noinline]] Session &session(const std::string &path) {
    std::unique_ptr<Session> &place = sessions_[path];
    if (!place) place = std::make_unique<Session>(Session{"the user of " + path, {}});
    return *place;
  }

  [[gnu::noinline]] std::string handle(Session &session, const std::string &id) {
    if (session.history.size() >= 8) session.history.clear();
    session.history.push_back("request with the id " + id);
    std::string body = "{\"user\":\"" + session.user + "\",\"history\":[";
    for (const std::string &entry : session.history) body += '"' + entry + "\",";
    return body + "]}";
  }

  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;
};

void serve(long operations) {
  Service service;
  for (long i = 0; i < operations; i++) {
    std::string answer = service.respond(i);
    escape(answer.data());
  }
}

}  // namespace

int main(int argc, char **argv) {
  long operations = argc > 1 ? std::atol(argv[1]) : 200000;
  int threads = argc > 2 ? std::atoi(argv[2]) : 1;
  warm_up();
  double start = cpu_ns(), start_wall = wall_clock_ns();
  std::vector<std::thread> others;
  for (int i = 1; i < threads; i++) others.emplace_back(serve, operations);
  serve(operations);
  for (std::thread &other : others) other.join();
  report(start, static_cast<double>(operations) * threads);
  report_wall(start_wall, static_cast<double>(operations) * threads);
  return 0;
}
