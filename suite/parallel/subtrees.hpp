#pragma once
// The binary tree over leaves that every sum of reprise runs along: which subtrees a contiguous range of leaves holds, and
// how subtree sums of several ranges are put together. Node (level, index) covers leaves
// [index 2^level, min((index + 1) 2^level, leaves)); a node without a right half passes its left half on.

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace reprise::parallel {

/// Leaves [first, last) under one node of the tree.
struct Subtree {
  int first = 0, last = 0;
  bool operator==(const Subtree&) const = default;
};

/// The largest subtrees that lie in [first, last), from left to right: at most about 2 log2(leaves) of them.
std::vector<Subtree> subtrees_of(int first, int last, int leaves);

/// Adds up the sums of `parts` (disjoint subtrees, from left to right) that lie under `node`, in the order of the tree.
/// add(left, right) adds the sum at parts[right] to that at parts[left]. Returns the index of the part that holds the result.
/// Precondition: the parts under `node` cover it.
int fold(const Subtree& node, std::span<const Subtree> parts, int leaves, const std::function<void(int left, int right)>& add);

/// The same but for the last addition, which is left to the caller: the sum is that at first plus that at second, or (second -1)
/// the part itself.
std::pair<int, int> fold_to_two(const Subtree& node, std::span<const Subtree> parts, int leaves,
                                const std::function<void(int left, int right)>& add);

}  // namespace reprise::parallel
