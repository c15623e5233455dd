// The doctor's look at what templates are made of.
#ifndef FOLDMESH_PIPELINE_DOCTOR_TEMPLATES_H_
#define FOLDMESH_PIPELINE_DOCTOR_TEMPLATES_H_

#include <vector>

#include "foldmesh/pipeline/doctor.h"

namespace foldmesh::pipeline {

// Sequences or PDB70, the folder of structures (of which a few are read), obsolete.dat, and structures of
// one's own. Nothing is missing where no model of the preset takes templates; where nothing is named and
// nothing is found, templates are remarked upon, as predictions do without.
std::vector<Finding> examine_templates(const DoctorOptions& options);

}  // namespace foldmesh::pipeline

#endif  // FOLDMESH_PIPELINE_DOCTOR_TEMPLATES_H_
