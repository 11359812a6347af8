# Writes the report of the evidence and lets recompute.py check it. Prints "skipped: ..." where Python lacks h5py or SciPy.
execute_process(COMMAND ${REPRISE} report ${SOURCE}/reports/evidence --format json --out ${OUT} OUTPUT_QUIET RESULT_VARIABLE code)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "reprise report: exit code ${code}")
endif()
execute_process(COMMAND ${PYTHON} ${SOURCE}/reports/check/recompute.py ${SOURCE}/reports/evidence ${SOURCE}/experiments ${OUT}/report.json
                RESULT_VARIABLE code)
if(NOT code EQUAL 0 AND NOT code EQUAL 77)
  message(FATAL_ERROR "recompute.py: exit code ${code}")
endif()
