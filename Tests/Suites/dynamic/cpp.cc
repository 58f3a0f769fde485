// C++: exceptions over threads and libraries, streams, futures, the library at large.
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct Scope {
  ~Scope() { std::cout << "unwound\n"; }
};
static int deep(int n) {
  Scope scope;
  if (n == 0) throw std::runtime_error("deep");
  return deep(n - 1) + 1;
}
struct Base {
  virtual ~Base() = default;
};
struct Derived : Base {};
static thread_local std::string own = "own";
static std::map<std::string, int> early{{"made", 1}, {"before main", 2}};

int main() {
  try {
    deep(2);
  } catch (const std::exception &error) { std::cout << error.what() << "\n"; }
  std::vector<std::thread> threads;
  std::mutex mutex;
  int sum = 0;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&, i] {
      try {
        if (i % 2) throw i;
        std::lock_guard<std::mutex> lock(mutex);
        sum += i;
      } catch (int thrown) {
        std::lock_guard<std::mutex> lock(mutex);
        sum += 100 * thrown;
      }
    });
  for (auto &thread : threads) thread.join();
  std::cout << "sum " << sum << "\n";
  std::cout << std::async(std::launch::async, [] { return 42; }).get() << "\n";
  try {
    std::async(std::launch::async, []() -> int { throw std::logic_error("from another thread"); }).get();
  } catch (const std::logic_error &error) { std::cout << error.what() << "\n"; }
  std::condition_variable condition;
  bool ready = false;
  std::thread waiter([&] {
    std::unique_lock<std::mutex> lock(mutex);
    condition.wait(lock, [&] { return ready; });
    own += " changed";
  });
  {
    std::lock_guard<std::mutex> lock(mutex);
    ready = true;
  }
  condition.notify_one();
  waiter.join();
  std::unique_lock<std::mutex> lock(mutex);
  std::cout << (condition.wait_for(lock, std::chrono::milliseconds(5), [] { return false; }) ? "woken" : "timed out")
            << " " << own << "\n";
  std::smatch match;
  std::string text = "ab-12";
  std::cout << std::regex_match(text, match, std::regex("([a-z]+)-([0-9]+)")) << match[2] << "\n";
  try {
    std::stoi("no number");
  } catch (const std::invalid_argument &) { std::cout << "invalid\n"; }
  try {
    std::vector<char> huge;
    huge.resize(SIZE_MAX / 4);
  } catch (const std::bad_alloc &) { std::cout << "no memory\n"; }
  Base *base = new Derived;
  std::cout << (dynamic_cast<Derived *>(base) != nullptr) << early["before main"] << "\n";
  delete base;
  namespace fs = std::filesystem;
  fs::path folder = fs::temp_directory_path() / ("cpp-" + std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id())));
  fs::create_directories(folder / "a/b");
  std::ofstream(folder / "a/file") << "text " << 3.25 << "\n";
  int entries = 0;
  for (const auto &entry : fs::recursive_directory_iterator(folder)) entries += entry.exists();
  std::string word;
  double number = 0;
  std::ifstream(folder / "a/file") >> word >> number;
  std::cout << entries << " " << word << " " << number << " " << fs::file_size(folder / "a/file") << "\n";
  std::cout << fs::remove_all(folder) << "\n";
  std::ostringstream out;
  out << std::hex << 255 << " " << std::fixed << 1.5;
  std::cout << out.str() << "\n";
  std::set_terminate([] {
    std::cout << "terminated" << std::endl;
    std::_Exit(5);
  });
  std::thread([] { throw 1; }).join();
}
