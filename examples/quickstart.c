/* Fills one weight matrix where it lies. C and C++. */
#include <fanin/fanin.h>
#include <stdio.h>

int main(void)
{
    float weights[128][784];
    int64_t shape[] = {128, 784};
    DLTensor tensor = {weights, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, NULL, 0};
    fanin_desc desc = FANIN_DESC_INIT;
    desc.name = "fc1_weight";
    fanin_initializer *xavier = NULL;
    if (fanin_create("[\"xavier\", {\"factor_type\": \"in\", \"magnitude\": 2}]", &xavier) != FANIN_OK ||
        fanin_init(xavier, &desc, &tensor, NULL) != FANIN_OK)
        return fprintf(stderr, "%s\n", fanin_last_error()), 1;
    printf("%.6f %.6f %.6f\n", weights[0][0], weights[0][1], weights[127][783]);
    fanin_release(xavier);
}
