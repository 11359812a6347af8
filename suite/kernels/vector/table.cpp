// The table of one instruction set.

#include "suite/kernels/vector/lanes.hpp"

namespace reprise::kernels::REPRISE_ISA_NAME {

#define REPRISE_TEXT_OF(x) #x
#define REPRISE_TEXT(x) REPRISE_TEXT_OF(x)

void fill_table(VectorKernels& table) {
  table.isa = REPRISE_TEXT(REPRISE_ISA_NAME);
  fill_elementwise(table);
  fill_random(table);
  fill_channels(table);
  fill_pooling(table);
  fill_log_avg_exp(table);
  fill_losses(table);
  fill_updates(table);
  fill_packing(table);
  fill_plasticity(table);
  fill_panels(table);
  fill_winograd(table);
  fill_capsules(table);
  fill_row_norms(table);
}

}  // namespace reprise::kernels::REPRISE_ISA_NAME
